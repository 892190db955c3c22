//! One call, put together.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::Fault;
use universal_worker_abi::Instance;
use universal_worker_json::Encoder;
use universal_worker_json::Raw;

use crate::testing::outcome::Outcome;
use crate::testing::recorder::Kind;
use crate::testing::recorder::Recorder;
use crate::testing::when::Plan;
use crate::testing::when::Reason;
use crate::testing::when::When;

/// A call of a [`Harness`](super::Harness) that is not made yet: arguments, and what happens
/// during the run, of which the id is `test`.
#[must_use = "nothing is called yet"]
pub struct Prepared<'h> {
    instance: &'h Instance,
    args: String,
    kwargs: String,
    plan: Plan,
}

/// What a host sends.
#[derive(Serialize)]
struct Body<'a> {
    args: Raw<'a>,
    kwargs: Raw<'a>,
}

impl<'h> Prepared<'h> {
    pub(super) fn new(instance: &'h Instance) -> Self {
        Self { instance, args: "[]".into(), kwargs: "{}".into(), plan: Plan::default() }
    }

    /// The positional arguments: anything that is an array in JSON; `()` for none.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    #[track_caller]
    pub fn args(mut self, args: impl Serialize) -> Self {
        self.args = unless_null(json(&args), "[]");
        self
    }

    /// The keyword arguments: anything that is an object in JSON; `()` for none.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    #[track_caller]
    pub fn kwargs(mut self, kwargs: impl Serialize) -> Self {
        self.kwargs = unless_null(json(&kwargs), "{}");
        self
    }

    /// Cancels the run at that moment, whatever the class says of its
    /// [`CANCEL`](crate::Plugin::CANCEL).
    pub fn cancel(mut self, when: When) -> Self {
        self.plan.stops.push((when, Reason::Cancel));
        self
    }

    /// Lets the reader of the stream leave at that moment, by which a worker stops the run.
    pub fn reader_leaves(mut self, when: When) -> Self {
        self.plan.stops.push((when, Reason::ReaderLeft));
        self
    }

    /// Gives the run that long: [`remaining`](crate::Context::remaining) tells what is left, and
    /// once it is over the run is told to stop.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.plan.deadline = Some(time);
        self
    }

    /// Calls [`execute`](crate::Plugin::execute).
    #[must_use]
    pub fn call(self) -> Outcome {
        let body = self.body();
        self.run(Kind::Answer, |instance, cx| {
            let answer = instance.execute(&body, cx)?;
            let as_text = |_| Value::String(String::from_utf8_lossy(answer.as_ref()).into_owned());
            Ok(serde_json::from_slice(answer.as_ref()).unwrap_or_else(as_text))
        })
    }

    /// Calls [`execute_stream`](crate::Plugin::execute_stream).
    #[must_use]
    pub fn stream(self) -> Outcome {
        let body = self.body();
        self.run(Kind::Stream, |instance, cx| {
            instance.execute_stream(&body, cx).map(|()| Value::Null)
        })
    }

    /// Calls [`prefetch`](crate::Plugin::prefetch), which takes no arguments.
    #[must_use]
    pub fn prefetch(self) -> Outcome {
        self.run(Kind::Answer, |instance, cx| instance.prefetch(cx).map(|()| Value::Null))
    }

    fn body(&self) -> Vec<u8> {
        json(&Body { args: Raw(&self.args), kwargs: Raw(&self.kwargs) }).into_bytes()
    }

    fn run(
        self,
        kind: Kind,
        call: impl FnOnce(&Instance, Arc<Recorder>) -> Result<Value, Fault>,
    ) -> Outcome {
        let recorder = Recorder::new(kind, self.plan);
        let result = call(self.instance, Arc::clone(&recorder));
        recorder.outcome(result.map_err(Into::into))
    }
}

/// The JSON text of what a test hands over.
#[track_caller]
pub(super) fn json(value: &impl Serialize) -> String {
    match Encoder::compact().to_string(value) {
        Ok(text) => text,
        Err(error) => panic!("what the test hands over is no JSON: {error}"),
    }
}

pub(super) fn unless_null(text: String, empty: &str) -> String {
    if text == "null" { empty.to_owned() } else { text }
}
