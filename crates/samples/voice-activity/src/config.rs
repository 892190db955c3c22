//! The config and its validation.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::{PluginError, schemars};

use crate::detector::DELAY_MS;
use crate::segmenter::Settings;

const THRESHOLD: RangeInclusive<f64> = 0.0..=1.0;
const MIN_SPEECH_MS: RangeInclusive<i64> = 0..=10_000;
const MAX_SPEECH_S: RangeInclusive<f64> = 0.5..=3_600.0;
const MIN_SILENCE_MS: RangeInclusive<i64> = 0..=10_000;
const SPEECH_PAD_MS: RangeInclusive<i64> = 0..=5_000;

/// The least speech that a segment of maximum length has besides its padding, in milliseconds.
const LEAST_SPEECH_MS: u32 = 300;

/// How speech is detected. The fields have the meaning that they have in Silero VAD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The score at which speech begins; it ends at 0.15 less. A lower value finds more speech and more
    /// noise.
    #[schemars(range(min = *THRESHOLD.start(), max = *THRESHOLD.end()))]
    pub threshold: f64,

    /// The minimum length of speech in a segment, in milliseconds.
    #[schemars(range(min = *MIN_SPEECH_MS.start(), max = *MIN_SPEECH_MS.end()))]
    pub min_speech_ms: i64,

    /// The maximum length of a segment with its padding, in seconds. A longer one is split at its longest
    /// pause of at least 98 ms, or without one at this length. `null` is no maximum.
    #[schemars(range(min = *MAX_SPEECH_S.start(), max = *MAX_SPEECH_S.end()))]
    pub max_speech_s: Option<f64>,

    /// The minimum length of a pause that ends a segment, in milliseconds.
    #[schemars(range(min = *MIN_SILENCE_MS.start(), max = *MIN_SILENCE_MS.end()))]
    pub min_silence_ms: i64,

    /// The padding on both sides of a segment, in milliseconds, as far as its neighbors leave room.
    #[schemars(range(min = *SPEECH_PAD_MS.start(), max = *SPEECH_PAD_MS.end()))]
    pub speech_pad_ms: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            min_speech_ms: 250,
            max_speech_s: None,
            min_silence_ms: 300,
            speech_pad_ms: 100,
        }
    }
}

impl Config {
    /// Validates the config and returns the settings of the segmenter.
    ///
    /// # Errors
    /// If values are out of bounds; the error names all of these fields with their bounds.
    pub fn accept(&self) -> Result<Settings, PluginError> {
        let mut refused = Refused::default();
        refused.unless(THRESHOLD, "threshold", self.threshold);
        let min_speech = refused.milliseconds(MIN_SPEECH_MS, "min_speech_ms", self.min_speech_ms);
        let min_silence =
            refused.milliseconds(MIN_SILENCE_MS, "min_silence_ms", self.min_silence_ms);
        let pad = refused.milliseconds(SPEECH_PAD_MS, "speech_pad_ms", self.speech_pad_ms);
        let max_speech = self.max_speech_s.map(|seconds| {
            refused.unless(MAX_SPEECH_S, "max_speech_s", seconds);
            (seconds * 1000.0) as u32
        });
        if max_speech.is_some_and(|max| max < 2 * pad + LEAST_SPEECH_MS) {
            let least = f64::from(2 * pad + LEAST_SPEECH_MS) / 1000.0;
            refused.because(
                "max_speech_s",
                format!("must be at least {least} with a speech_pad_ms of {pad}"),
            );
        }
        refused.or(Settings {
            threshold: self.threshold,
            min_speech,
            max_speech,
            min_silence,
            pad,
            delay: DELAY_MS,
        })
    }
}

/// The invalid fields, with the reasons.
#[derive(Default)]
struct Refused(BTreeMap<String, String>);

impl Refused {
    fn unless<T: PartialOrd + Display>(&mut self, bounds: RangeInclusive<T>, name: &str, value: T) {
        if !bounds.contains(&value) {
            let why = format!("must be from {} to {}, got {value}", bounds.start(), bounds.end());
            self.because(name, why);
        }
    }

    /// Refuses a field, if it is not refused for another reason.
    fn because(&mut self, name: &str, why: String) {
        self.0.entry(name.to_owned()).or_insert(why);
    }

    fn milliseconds(&mut self, bounds: RangeInclusive<i64>, name: &str, value: i64) -> u32 {
        let clamped = value.clamp(*bounds.start(), *bounds.end());
        self.unless(bounds, name, value);
        clamped as u32
    }

    fn or(self, settings: Settings) -> Result<Settings, PluginError> {
        if self.0.is_empty() {
            return Ok(settings);
        }
        let messages: Vec<_> = self.0.iter().map(|(name, why)| format!("{name} {why}")).collect();
        Err(PluginError::user_input(messages.join("; ")).fields_invalid(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn refuses(config: Config, expected: &str) {
        let error = config.accept().unwrap_err();
        assert_eq!(error.message(), expected);
    }

    #[test]
    fn the_default_is_accepted() {
        let settings = Config::default().accept().unwrap();
        let expected = Settings {
            threshold: 0.5,
            min_speech: 250,
            max_speech: None,
            min_silence: 300,
            pad: 100,
            delay: 64,
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn an_error_names_fields_and_bounds() {
        let default = Config::default;
        refuses(Config { threshold: 1.5, ..default() }, "threshold must be from 0 to 1, got 1.5");
        refuses(
            Config { threshold: f64::NAN, ..default() },
            "threshold must be from 0 to 1, got NaN",
        );
        refuses(
            Config { min_speech_ms: -1, ..default() },
            "min_speech_ms must be from 0 to 10000, got -1",
        );
        refuses(
            Config { min_silence_ms: 10_001, speech_pad_ms: 5_001, ..default() },
            "min_silence_ms must be from 0 to 10000, got 10001; \
             speech_pad_ms must be from 0 to 5000, got 5001",
        );
    }

    #[test]
    fn the_padding_must_leave_room_for_speech() {
        let config = |seconds, pad| Config {
            max_speech_s: Some(seconds),
            speech_pad_ms: pad,
            ..Config::default()
        };
        assert_eq!(config(30.0, 400).accept().unwrap().max_speech, Some(30_000));
        refuses(config(1.0, 400), "max_speech_s must be at least 1.1 with a speech_pad_ms of 400");
        refuses(config(0.1, 400), "max_speech_s must be from 0.5 to 3600, got 0.1");
    }

    #[test]
    fn the_bounds_themselves_are_accepted() {
        for (threshold, time) in [(0.0, 0), (1.0, 5_000)] {
            let config = Config {
                threshold,
                min_speech_ms: time,
                min_silence_ms: time,
                speech_pad_ms: time,
                max_speech_s: None,
            };
            assert!(config.accept().is_ok());
        }
    }

    #[test]
    fn the_schema_has_defaults_and_bounds() {
        let schema = serde_json::to_value(schemars::schema_for!(Config)).unwrap();
        for (field, default, least, most) in [
            ("threshold", json!(0.5), json!(0.0), json!(1.0)),
            ("min_speech_ms", json!(250), json!(0), json!(10_000)),
            ("min_silence_ms", json!(300), json!(0), json!(10_000)),
            ("speech_pad_ms", json!(100), json!(0), json!(5_000)),
        ] {
            let property = &schema["properties"][field];
            assert_eq!(property["default"], default, "{property}");
            assert_eq!(property["minimum"], least, "{property}");
            assert_eq!(property["maximum"], most, "{property}");
            assert!(property["description"].is_string(), "{property}");
        }
    }

    #[test]
    fn an_unknown_field_is_rejected() {
        let error = serde_json::from_value::<Config>(json!({"treshold": 0.5})).unwrap_err();
        assert!(error.to_string().contains("treshold"), "{error}");
    }
}
