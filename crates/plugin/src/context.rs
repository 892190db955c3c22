//! The context of a run.

mod on_cancel;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
pub use universal_worker_abi::CancelReason;
pub use universal_worker_abi::Level;
pub use universal_worker_abi::TraceContext;
use universal_worker_abi::raw::{ContextObject, RawContext_TO};
use universal_worker_abi::{Emitted, Fault, FaultKind};
use universal_worker_json::Encoder;

use crate::encode::{COMPACT, with_buffer};
use crate::error::PluginError;

/// The run that a plugin executes: cancellation, progress, streaming, logging and usage figures.
///
/// A context is cheap to clone, and may be used on any thread.
/// Outside of a run there is no progress, stream or account, but logging and
/// [`sleep`](Context::sleep) work. A probe ([`health`](crate::Plugin::health),
/// [`config_options`](crate::Plugin::config_options)) has a deadline, after which it counts as
/// cancelled.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use universal_worker_plugin::{Context, PluginError};
///
/// fn poll(cx: &Context, tries: u32) -> Result<(), PluginError> {
///     for attempt in 0..tries {
///         cx.status(f64::from(attempt) / f64::from(tries), "waiting for the device");
///         cx.sleep(Duration::from_millis(100))?;
///     }
///     Ok(())
/// }
/// ```
pub struct Context {
    object: ContextObject,
}

impl Context {
    pub(crate) fn new(object: ContextObject) -> Self {
        Self { object }
    }

    /// Returns whether the run must stop: it was cancelled, its client disconnected, its deadline
    /// passed, or the worker shuts down.
    ///
    /// Costs about as much as reading an atomic, so it can be called often.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.object.is_cancelled()
    }

    /// Returns an error if the run must stop, for use with `?`.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] once the run must stop.
    pub fn check_cancelled(&self) -> Result<(), PluginError> {
        if self.is_cancelled() { Err(PluginError::cancelled()) } else { Ok(()) }
    }

    /// Sleeps for `duration`, or until the run must stop.
    ///
    /// The duration is rounded up to whole milliseconds.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] once the run must stop.
    pub fn sleep(&self, duration: Duration) -> Result<(), PluginError> {
        let milliseconds = duration.as_nanos().div_ceil(1_000_000);
        let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
        let cancelled = self.object.wait_cancelled(milliseconds);
        if cancelled { Err(PluginError::cancelled()) } else { Ok(()) }
    }

    /// Calls `callback` once when the run must stop, at once if it must already; for code that cannot
    /// poll [`is_cancelled`](Self::is_cancelled), such as an event loop that has to be woken.
    ///
    /// It runs on another thread, which all runs share: it must not block, or wait for the run. Once
    /// the plugin returns from the run, the callback is dropped instead; a callback that is running
    /// at that moment is waited for. A panic in it is logged.
    /// It is never called outside of a run, and not by workers before interface 1.1, so keep a check
    /// of [`is_cancelled`](Self::is_cancelled).
    ///
    /// # Examples
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use universal_worker_plugin::Context;
    ///
    /// enum Message {
    ///     Chunk(Vec<u8>),
    ///     Stop,
    /// }
    ///
    /// fn receive(cx: &Context, chunks: mpsc::Receiver<Message>, stop: mpsc::Sender<Message>) {
    ///     cx.on_cancel(move |_reason| drop(stop.send(Message::Stop)));
    ///     while let Ok(Message::Chunk(chunk)) = chunks.recv() {
    ///         // …
    ///         # drop(chunk);
    ///     }
    /// }
    /// ```
    pub fn on_cancel(&self, callback: impl FnOnce(CancelReason) + Send + 'static) {
        self.object.on_cancel(on_cancel::object(Box::new(callback)));
    }

    /// The time until the deadline of the run, if it has one.
    ///
    /// When the deadline passes, the run is cancelled.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let milliseconds = self.object.remaining();
        (milliseconds != u64::MAX).then(|| Duration::from_millis(milliseconds))
    }

    /// Reports progress from 0.0 to 1.0, or -1.0 if it is unknown, and keeps the message of the last
    /// [`status`](Self::status).
    pub fn progress(&self, fraction: f64) {
        self.object.progress(fraction, "".into(), true);
    }

    /// Reports progress from 0.0 to 1.0, or -1.0 if it is unknown, with a message.
    pub fn status(&self, fraction: f64, message: &str) {
        self.object.progress(fraction, message.into(), false);
    }

    /// Emits one value of a stream; blocks while the reader is slow.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] if the run is cancelled or its reader is gone; another error if the
    /// value cannot be encoded or the run is not a stream.
    pub fn emit<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), PluginError> {
        with_buffer(|line| self.emit_json(COMPACT.encode_to(value, line)?))
    }

    /// Emits one value of a stream that is already JSON; blocks while the reader is slow.
    ///
    /// `json` must be one JSON value in UTF-8, which is not checked. The worker turns line breaks into
    /// spaces, and fails the run if the text is not UTF-8.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] if the run is cancelled or its reader is gone; another error if the
    /// run is not a stream.
    pub fn emit_json(&self, json: &[u8]) -> Result<(), PluginError> {
        result_of(Emitted::from_number(self.object.emit(json.into())))
    }

    /// Adds figures of the plugin, such as a token count, to the account of the run.
    ///
    /// `figures` is an object; its members replace earlier ones of the same name.
    /// All figures of a run together are limited to 4 KiB; figures beyond that are dropped, with a log
    /// line.
    ///
    /// # Errors
    /// If the figures cannot be encoded.
    pub fn usage<T: Serialize + ?Sized>(&self, figures: &T) -> Result<(), PluginError> {
        let json = Encoder::compact().to_vec(figures)?;
        self.object.usage(json[..].into());
        Ok(())
    }

    /// Adds a header to the response of the run, or replaces the one of the same name; also if the
    /// run fails.
    ///
    /// The name must begin with `x-`, but not with `x-run-`, and the value be visible ASCII; all
    /// headers of a run are limited to 8 KiB. In a stream, headers count until the arguments are
    /// bound, which for a typed plugin is before its code starts.
    ///
    /// # Errors
    /// If the header is not allowed, or the worker is older than interface 1.1 or knows no
    /// response, as outside of a run.
    pub fn response_header(&self, name: &str, value: &str) -> Result<(), PluginError> {
        #[derive(Serialize)]
        struct Header<'a> {
            name: &'a str,
            value: &'a str,
        }
        let json = Encoder::compact().to_vec(&Header { name, value })?;
        let added = self.object.extension("response-header".into(), json[..].into());
        added.into_result().map(drop).map_err(|fault| {
            let fault = Fault::from(fault);
            match fault.kind {
                FaultKind::NotSupported => PluginError::not_supported(),
                _ => PluginError::new(fault.message),
            }
        })
    }

    /// Writes a line to the worker's log, with the id of the run.
    ///
    /// The macros of the crates `log` and `tracing` do the same.
    pub fn log(&self, level: Level, target: &str, message: &str) {
        self.object.log(level as u8, target.into(), message.into());
    }

    /// Returns whether a log line of this level and target would be written.
    #[must_use]
    pub fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.object.log_enabled(level as u8, target.into())
    }

    /// The id of the run; empty outside of a run.
    #[must_use]
    pub fn run_id(&self) -> String {
        self.object.run_id().into_string()
    }

    /// The trace that the run belongs to: the headers `traceparent` and `tracestate` of its request,
    /// for requests and spans of the plugin. The worker has no span of its own, so the parent in it
    /// is the caller's.
    ///
    /// `None` if the request had no valid `traceparent`, unless the worker made one (`--trace always`);
    /// also outside of a run, and in workers before interface 1.2.
    #[must_use]
    pub fn trace_context(&self) -> Option<TraceContext> {
        TraceContext::from_json(&self.object.trace_context())
    }

    /// Reports that the arguments are accepted and the plugin's own code starts.
    ///
    /// For implementations of [`DynInstance`](crate::dynamic::DynInstance), which bind arguments
    /// themselves; typed plugins do not need it.
    /// An error before this call is the response to the request; afterward, the response of a
    /// stream has started, and an error is its last line.
    pub fn arguments_bound(&self) {
        self.object.bound();
    }

    pub(crate) fn into_object(self) -> ContextObject {
        self.object
    }
}

fn result_of(emitted: Emitted) -> Result<(), PluginError> {
    match emitted {
        Emitted::Taken => Ok(()),
        Emitted::Cancelled | Emitted::ReaderGone => Err(PluginError::cancelled()),
        Emitted::NotAStream => {
            Err(PluginError::new("the run has no stream: emit only in execute_stream"))
        }
    }
}

impl Clone for Context {
    fn clone(&self) -> Self {
        Self { object: RawContext_TO::from_sabi(self.object.obj.shallow_clone()) }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("run_id", &self.run_id()).finish_non_exhaustive()
    }
}
