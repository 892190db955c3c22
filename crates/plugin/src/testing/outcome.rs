//! Results of runs.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::context::Level;
use crate::testing::failure::Failure;

/// A finished run: its result and everything that the plugin reported.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The result; null for a stream or a prefetch.
    pub result: Result<Value, Failure>,
    /// The emitted values of a stream, in order.
    pub emitted: Vec<Value>,
    /// All progress reports, in order.
    pub progress: Vec<Progress>,
    /// The log lines of all levels, in order; see also [`capture_logs`](super::capture_logs).
    pub log: Vec<LogLine>,
    /// The usage figures, merged as in the account of a run.
    pub usage: Map<String, Value>,
    /// The headers that were added to the response, in order, as given.
    pub response_headers: Vec<(String, String)>,
}

/// A progress report as a client sees it; can be compared with `(fraction, message)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The progress from 0.0 to 1.0, or -1.0 if it is unknown.
    pub fraction: f64,
    /// The message; that of the previous report if the plugin reported only a fraction.
    pub message: String,
}

/// A log line; can be compared with `(level, target, message)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// The level.
    pub level: Level,
    /// The target, such as a module path.
    pub target: String,
    /// The text.
    pub message: String,
}

impl Outcome {
    /// The result.
    ///
    /// # Panics
    /// If the run failed.
    #[must_use]
    #[track_caller]
    pub fn output(&self) -> &Value {
        match &self.result {
            Ok(output) => output,
            Err(failure) => panic!("the run failed: {failure:?}"),
        }
    }

    /// The result, deserialized.
    ///
    /// # Panics
    /// If the run failed, or its result does not fit the type.
    #[must_use]
    #[track_caller]
    pub fn output_as<T: DeserializeOwned>(&self) -> T {
        read("the result", self.output())
    }

    /// The emitted values of a stream, deserialized.
    ///
    /// # Panics
    /// If a value does not fit the type.
    #[must_use]
    #[track_caller]
    pub fn emitted_as<T: DeserializeOwned>(&self) -> Vec<T> {
        // Not a closure, which would become the location of a panic.
        let mut values = Vec::with_capacity(self.emitted.len());
        for value in &self.emitted {
            values.push(read("an emitted value", value));
        }
        values
    }

    /// The error of the run.
    ///
    /// # Panics
    /// If the run did not fail.
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
