//! The config: any JSON object, of which a few keys are obeyed.

use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::schemars;
use universal_worker_plugin::schemars::JsonSchema;

use crate::children::Sleeper;
use crate::imp;

/// The config of all classes.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// Means nothing; it is in the recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    language: Option<String>,

    /// Refused whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bad: Option<Value>,

    /// A file to which each cleanup appends one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_log: Option<PathBuf>,

    /// Seconds that a cleanup takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_hangs: Option<f64>,

    /// Seconds that a process sleeps which each cleanup starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_spawns: Option<f64>,

    /// Seconds that an initialize takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initialize_hangs: Option<f64>,

    /// A signal that each initialize raises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initialize_raises: Option<i32>,

    /// A signal that each cleanup raises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_raises: Option<i32>,

    /// What `Equipped` offers, and how it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offers: Option<Offered>,

    /// Whatever else was sent.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// How what `Equipped` offers goes.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Offered {
    /// Why it is not well.
    pub(crate) unhealthy: Option<String>,
    /// Seconds that the check of its health takes.
    pub(crate) health_hangs: f64,
    /// Seconds that a prefetch takes.
    pub(crate) prefetch_takes: f64,
    /// Why a prefetch fails.
    pub(crate) prefetch_fails: Option<String>,
    /// Seconds that the options of the config take.
    pub(crate) options_hang: f64,
    /// What becomes of another config.
    pub(crate) reconfigure: Reconfigure,
}

/// What an instance does about another config.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reconfigure {
    /// It wants to be built anew.
    #[default]
    Anew,
    /// It takes it.
    InPlace,
    /// It refuses it.
    Refuse,
    /// It panics.
    Panic,
}

impl Config {
    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    pub(crate) fn offers(&self) -> Offered {
        self.offers.clone().unwrap_or_default()
    }

    pub(crate) fn check(&self) -> Result<(), PluginError> {
        match &self.bad {
            None => {}
            Some(Value::String(text)) => {
                return Err(PluginError::user_input(format!("bad config: {text}")));
            }
            Some(other) => return Err(PluginError::user_input(format!("bad config: {other}"))),
        }
        for (name, value) in [
            ("cleanup_hangs", self.cleanup_hangs),
            ("cleanup_spawns", self.cleanup_spawns),
            ("initialize_hangs", self.initialize_hangs),
        ] {
            if value.is_some() && duration(value).is_none() {
                return Err(PluginError::user_input(format!(
                    "{name}: expected seconds, 0 or more"
                )));
            }
        }
        thread::sleep(duration(self.initialize_hangs).unwrap_or_default());
        match self.initialize_raises {
            Some(signal) => imp::raise(signal).map_err(PluginError::user_input),
            None => Ok(()),
        }
    }

    pub(crate) fn cleanup_log(&self) -> Option<&Path> {
        self.cleanup_log.as_deref()
    }

    pub(crate) fn cleanup_hangs(&self) -> Duration {
        duration(self.cleanup_hangs).unwrap_or_default()
    }

    pub(crate) fn cleanup_raises(&self) -> Option<i32> {
        self.cleanup_raises
    }

    pub(crate) fn cleanup_spawns(&self) -> Option<Sleeper> {
        let duration = duration(self.cleanup_spawns)?;
        Some(Sleeper { duration, detached: true, orphaned: true, deaf: false })
    }
}

fn duration(seconds: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds?).ok()
}
