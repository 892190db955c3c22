//! Calls with arguments, cancellation and a deadline.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::{Fault, Instance};
use universal_worker_json::Raw;

use crate::context::TraceContext;
use crate::testing::input::{json, unless_null};
use crate::testing::outcome::Outcome;
use crate::testing::recorder::{Kind, Recorder};
use crate::testing::when::{Plan, StopReason, When};

/// A call of a [`Harness`](super::Harness) that is not made yet: its arguments, and the events during
/// its run.
///
/// The run has the id `test`.
#[derive(Debug)]
#[must_use = "the plugin is not called yet"]
pub struct CallBuilder<'h> {
    instance: &'h Instance,
    args: String,
    kwargs: String,
    plan: Plan,
}

/// The body of a call.
#[derive(Serialize)]
struct Body<'a> {
    args: Raw<'a>,
    kwargs: Raw<'a>,
}

impl<'h> CallBuilder<'h> {
    pub(super) fn new(instance: &'h Instance) -> Self {
        Self { instance, args: "[]".into(), kwargs: "{}".into(), plan: Plan::default() }
    }

    /// Sets the positional arguments: any value that is an array in JSON, or `()` for none.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    #[track_caller]
    pub fn args(mut self, args: impl Serialize) -> Self {
        self.args = unless_null(json(&args), "[]");
        self
    }

    /// Sets the keyword arguments: any value that is an object in JSON, or `()` for none.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    #[track_caller]
    pub fn kwargs(mut self, kwargs: impl Serialize) -> Self {
        self.kwargs = unless_null(json(&kwargs), "{}");
        self
    }

    /// Cancels the run at this moment, whatever the [`CANCELLATION`](crate::Plugin::CANCELLATION) of
    /// the class is.
    pub fn cancel(mut self, when: When) -> Self {
        self.plan.stops.push((when, StopReason::Cancel));
        self
    }

    /// Disconnects the reader of the stream at this moment, which stops the run.
    pub fn reader_leaves(mut self, when: When) -> Self {
        self.plan.stops.push((when, StopReason::ReaderGone));
        self
    }

    /// Sets a deadline, which [`remaining`](crate::Context::remaining) shows and which stops the run.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.plan.deadline = Some(time);
        self
    }

    /// Makes the run a part of this trace, which
    /// [`trace_context`](crate::Context::trace_context) shows; by default it is part of none.
    pub fn trace_context(mut self, trace: TraceContext) -> Self {
        self.plan.trace = Some(trace);
        self
    }

    /// Calls [`execute`](crate::Plugin::execute).
    #[must_use]
    pub fn call(self) -> Outcome {
        let body = self.body();
        self.run(Kind::Call, |instance, cx| {
            let output = instance.execute(&body, cx)?;
            let as_text = |_| Value::String(String::from_utf8_lossy(output.as_ref()).into_owned());
            Ok(serde_json::from_slice(output.as_ref()).unwrap_or_else(as_text))
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
        self.run(Kind::Call, |instance, cx| instance.prefetch(cx).map(|()| Value::Null))
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
