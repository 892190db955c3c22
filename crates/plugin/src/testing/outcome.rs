//! What became of a run.

use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

use crate::context::Level;
use crate::testing::failure::Failure;

/// A run that is over: its result, and what the plugin told on the way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// What the plugin returned; null for a stream or a prefetch.
    pub result: Result<Value, Failure>,
    /// The values of the stream, in order.
    pub emitted: Vec<Value>,
    /// Each report of progress, in order.
    pub progress: Vec<Progress>,
    /// The log lines of all levels, in order; see [`capture_logs`](super::capture_logs).
    pub log: Vec<LogLine>,
    /// The plugin's own figures, put together as the run's account does.
    pub usage: Map<String, Value>,
}

/// A report of progress, as a client sees it; compares with `(fraction, message)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// From 0.0 to 1.0, or -1.0 where it is unknown.
    pub fraction: f64,
    /// What the plugin says it does; where it tells a fraction alone, what it said before.
    pub message: String,
}

/// A log line; compares with `(level, target, message)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// Its level.
    pub level: Level,
    /// What wrote it.
    pub target: String,
    /// Its text.
    pub message: String,
}

impl Outcome {
    /// The result.
    ///
    /// # Panics
    /// When the run failed.
    #[must_use]
    #[track_caller]
    pub fn output(&self) -> &Value {
        match &self.result {
            Ok(output) => output,
            Err(failure) => panic!("the run failed: {failure:?}"),
        }
    }

    /// The result as a type.
    ///
    /// # Panics
    /// When the run failed, or the result is not of that type.
    #[must_use]
    #[track_caller]
    pub fn output_as<T: DeserializeOwned>(&self) -> T {
        read("the result", self.output())
    }

    /// The values of the stream as a type.
    ///
    /// # Panics
    /// When one of them is not of that type.
    #[must_use]
    #[track_caller]
    pub fn emitted_as<T: DeserializeOwned>(&self) -> Vec<T> {
        // No closure: it would be named as the place of a panic.
        let mut values = Vec::with_capacity(self.emitted.len());
        for value in &self.emitted {
            values.push(read("an emitted value", value));
        }
        values
    }

    /// Why the run failed.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        match &self.result {
            Ok(output) => panic!("the run did not fail: it returned {output}"),
            Err(failure) => failure,
        }
    }
}

#[track_caller]
fn read<T: DeserializeOwned>(what: &str, value: &Value) -> T {
    match T::deserialize(value) {
        Ok(read) => read,
        Err(error) => panic!("{what} is of another type ({error}): {value}"),
    }
}

impl PartialEq<(f64, &str)> for Progress {
    fn eq(&self, (fraction, message): &(f64, &str)) -> bool {
        self.fraction == *fraction && self.message == *message
    }
}

impl PartialEq<(Level, &str, &str)> for LogLine {
    fn eq(&self, (level, target, message): &(Level, &str, &str)) -> bool {
        self.level == *level && self.target == *target && self.message == *message
    }
}
