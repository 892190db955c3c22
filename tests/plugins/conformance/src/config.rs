//! The config: any JSON object, with a few known keys.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, PluginError, schemars};

use crate::children::Sleeper;
use crate::imp;

/// The config of all classes.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// Has no effect; used by the recorded requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    language: Option<String>,

    /// Rejected, whatever the value is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bad: Option<Value>,

    /// A file to which each cleanup appends a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_log: Option<PathBuf>,

    /// The duration of each cleanup in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_hangs: Option<f64>,

    /// The lifetime in seconds of a process that each cleanup starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_spawns: Option<f64>,

    /// The duration of each initialize in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initialize_hangs: Option<f64>,

    /// A signal to raise in each initialize.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initialize_raises: Option<i32>,

    /// A signal to raise in each cleanup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleanup_raises: Option<i32>,

    /// The behavior of the optional methods of `Equipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offers: Option<OptionalMethods>,

    /// All other members.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The behavior of the optional methods of `Equipped`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OptionalMethods {
    /// The error of the health check.
    pub(crate) unhealthy: Option<String>,
    /// The duration of the health check in seconds.
    pub(crate) health_hangs: f64,
    /// The duration of a prefetch in seconds.
    pub(crate) prefetch_takes: f64,
    /// The error of a prefetch.
    pub(crate) prefetch_fails: Option<String>,
    /// The duration of listing the config options in seconds.
    pub(crate) options_hang: f64,
    /// What to do with another config.
    pub(crate) reconfigure: Reconfigure,
}

/// What an instance does with another config.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reconfigure {
    /// Requests a new instance.
    #[default]
    Anew,
    /// Applies it in place.
    InPlace,
    /// Rejects it.
    Refuse,
    /// Panics.
    Panic,
}

impl Config {
    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    pub(crate) fn offers(&self) -> OptionalMethods {
        self.offers.clone().unwrap_or_default()
    }

    pub(crate) fn check(&self, cx: &Context) -> Result<(), PluginError> {
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
        if let Some(duration) = duration(self.initialize_hangs) {
            cx.status(0.25, "loading");
            thread::sleep(duration);
        }
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
