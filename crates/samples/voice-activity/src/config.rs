//! The config and its validation.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::{PluginError, schemars};

use crate::segmenter::Settings;

const THRESHOLD: RangeInclusive<f64> = 0.0..=1.0;
const MIN_SPEECH_MS: RangeInclusive<i64> = 0..=10_000;
const MIN_SILENCE_MS: RangeInclusive<i64> = 0..=10_000;
const PAD_MS: RangeInclusive<i64> = 0..=5_000;

/// How speech is detected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The score at which a frame of 16 ms is speech. A lower value finds more speech and more noise.
    #[schemars(range(min = *THRESHOLD.start(), max = *THRESHOLD.end()))]
    pub threshold: f64,

    /// The minimum length of speech in a segment, in milliseconds.
    #[schemars(range(min = *MIN_SPEECH_MS.start(), max = *MIN_SPEECH_MS.end()))]
    pub min_speech_ms: i64,

    /// The minimum length of a pause that ends a segment, in milliseconds.
    #[schemars(range(min = *MIN_SILENCE_MS.start(), max = *MIN_SILENCE_MS.end()))]
    pub min_silence_ms: i64,

    /// The padding on both sides of a segment, in milliseconds, as far as its neighbors leave room.
    #[schemars(range(min = *PAD_MS.start(), max = *PAD_MS.end()))]
    pub pad_ms: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { threshold: 0.6, min_speech_ms: 250, min_silence_ms: 300, pad_ms: 100 }
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
        let pad = refused.milliseconds(PAD_MS, "pad_ms", self.pad_ms);
        refused.or(Settings { threshold: self.threshold, min_speech, min_silence, pad })
    }
}

/// The invalid fields, with the reasons.
#[derive(Default)]
struct Refused(BTreeMap<String, String>);

impl Refused {
    fn unless<T: PartialOrd + Display>(&mut self, bounds: RangeInclusive<T>, name: &str, value: T) {
        if !bounds.contains(&value) {
            let why = format!("must be from {} to {}, got {value}", bounds.start(), bounds.end());
            self.0.insert(name.to_owned(), why);
        }
    }

    fn milliseconds(&mut self, bounds: RangeInclusive<i64>, name: &str, value: i64) -> u32 {
        self.unless(bounds, name, value);
        u32::try_from(value).unwrap_or(0)
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
        let expected = Settings { threshold: 0.6, min_speech: 250, min_silence: 300, pad: 100 };
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
            Config { min_silence_ms: 10_001, pad_ms: 5_001, ..default() },
            "min_silence_ms must be from 0 to 10000, got 10001; \
             pad_ms must be from 0 to 5000, got 5001",
        );
    }

    #[test]
    fn the_bounds_themselves_are_accepted() {
        for (threshold, time) in [(0.0, 0), (1.0, 5_000)] {
            let config =
                Config { threshold, min_speech_ms: time, min_silence_ms: time, pad_ms: time };
            assert!(config.accept().is_ok());
        }
    }

    #[test]
    fn the_schema_has_defaults_and_bounds() {
        let schema = serde_json::to_value(schemars::schema_for!(Config)).unwrap();
        for (field, default, least, most) in [
            ("threshold", json!(0.6), json!(0.0), json!(1.0)),
            ("min_speech_ms", json!(250), json!(0), json!(10_000)),
            ("min_silence_ms", json!(300), json!(0), json!(10_000)),
            ("pad_ms", json!(100), json!(0), json!(5_000)),
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
