//! The context of a run: the interface that the worker offers to a plugin.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::raw::{
    CancelCallbackObject, ContextObject, RArc, RResult, RSlice, RStr, RString, RVec, RawContext,
    RawContext_TO, RawFault, TD_Opaque,
};
use crate::trace::TraceContext;

/// The interface that the worker offers to a plugin during a run.
///
/// The worker implements this trait, and [`context_object`] turns the implementation into the object
/// that crosses the boundary.
/// The plugin may call its methods from any thread; they must not panic.
pub trait RunContext: Send + Sync + 'static {
    /// Returns whether the run must stop.
    fn is_cancelled(&self) -> bool;

    /// Waits until the run must stop, for at most `limit`; returns whether it must.
    fn wait_cancelled(&self, limit: Duration) -> bool;

    /// The time until the deadline, if there is one.
    fn remaining(&self) -> Option<Duration>;

    /// Reports that the arguments were accepted and the plugin's own code starts.
    fn bound(&self);

    /// Reports progress from 0.0 to 1.0, or -1.0 if it is unknown; `None` keeps the previous message.
    fn progress(&self, fraction: f64, message: Option<&str>);

    /// Emits one JSON value of a stream; blocks while the reader is slow.
    fn emit(&self, json: &[u8]) -> Emitted;

    /// Merges the members of a JSON object into the account of the run.
    fn usage(&self, json: &[u8]);

    /// Returns whether a log line of this level and target would be written.
    fn log_enabled(&self, level: Level, target: &str) -> bool;

    /// Writes a log line.
    fn log(&self, level: Level, target: &str, message: &str);

    /// The id of the run; empty outside of a run.
    fn run_id(&self) -> &str;

    /// Calls a feature that this version of the interface has no method for.
    ///
    /// # Errors
    /// [`NotSupported`](crate::FaultKind::NotSupported) if `name` is unknown.
    fn extension(&self, name: &str, json: &[u8]) -> Result<Vec<u8>, Fault> {
        let _ = json;
        Err(Fault::unknown_extension(name))
    }

    /// Calls `callback` once if the run must stop, on another thread; at once if it must already.
    ///
    /// It is dropped, and not called any more, once the plugin has returned from the run.
    /// The default is to drop it.
    fn on_cancel(&self, callback: CancelCallback) {
        drop(callback);
    }

    /// The trace that the run belongs to, if it is known.
    fn trace_context(&self) -> Option<&TraceContext> {
        None
    }
}

/// A callback for the cancel of a run.
pub type CancelCallback = Box<dyn FnOnce(CancelReason) + Send>;

/// Why a run must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelReason {
    /// A reason that this version does not know.
    Unknown,
    /// A client asked for it.
    Cancel,
    /// The client that waited for the answer disconnected.
    ClientGone,
    /// The deadline of the run passed.
    Deadline,
    /// The worker is stopping.
    Shutdown,
}

/// The outcome of emitting a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emitted {
    /// The value is on its way to the reader.
    Taken,
    /// The run was cancelled.
    Cancelled,
    /// The reader has left.
    ReaderGone,
    /// The run is not a stream.
    NotAStream,
}

/// The level of a log line, numbered as in the crate `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A failure.
    Error = 1,
    /// A problem that does not stop the work.
    Warn = 2,
    /// A notable event.
    Info = 3,
    /// Information for debugging.
    Debug = 4,
    /// Detailed information about every step.
    Trace = 5,
}

impl Level {
    /// Returns the level of a number; numbers above 5 are [`Trace`](Self::Trace).
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 | 1 => Self::Error,
            2 => Self::Warn,
            3 => Self::Info,
            4 => Self::Debug,
            _ => Self::Trace,
        }
    }
}

impl CancelReason {
    /// Returns the number of the reason.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Cancel => 1,
            Self::ClientGone => 2,
            Self::Deadline => 3,
            Self::Shutdown => 4,
        }
    }

    /// Returns the reason of a number; unknown numbers are [`Unknown`](Self::Unknown).
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Cancel,
            2 => Self::ClientGone,
            3 => Self::Deadline,
            4 => Self::Shutdown,
            _ => Self::Unknown,
        }
    }
}

impl Emitted {
    const fn number(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::Cancelled => 1,
            Self::ReaderGone => 2,
            Self::NotAStream => 3,
        }
    }

    /// Returns the outcome of a number; unknown numbers are [`ReaderGone`](Self::ReaderGone).
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Taken,
            1 => Self::Cancelled,
            3 => Self::NotAStream,
            _ => Self::ReaderGone,
        }
    }
}

/// Turns a context into the object that crosses the boundary, without another allocation.
#[allow(unsafe_code, reason = "std cannot cast an Arc to a transparent wrapper")]
pub fn context_object<C: RunContext>(context: Arc<C>) -> ContextObject {
    let context = Arc::into_raw(context).cast::<Adapter<C>>();
    // SAFETY: `Adapter` is a transparent wrapper, so that the layouts of both allocations are equal.
    let adapted = unsafe { Arc::from_raw(context) };
    RawContext_TO::from_ptr(RArc::from(adapted), TD_Opaque)
}

#[repr(transparent)]
struct Adapter<C>(C);

impl<C: RunContext> RawContext for Adapter<C> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn wait_cancelled(&self, milliseconds: u64) -> bool {
        self.0.wait_cancelled(Duration::from_millis(milliseconds))
    }

    fn remaining(&self) -> u64 {
        // `u64::MAX` means that there is no deadline; a real one is never that far away.
        let milliseconds = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        self.0.remaining().map_or(u64::MAX, milliseconds)
    }

    fn bound(&self) {
        self.0.bound();
    }

    fn progress(&self, fraction: f64, message: RStr<'_>, keep_message: bool) {
        self.0.progress(fraction, (!keep_message).then_some(message.as_str()));
    }

    fn emit(&self, line: RSlice<'_, u8>) -> u8 {
        self.0.emit(line.as_slice()).number()
    }

    fn usage(&self, json: RSlice<'_, u8>) {
        self.0.usage(json.as_slice());
    }

    fn log_enabled(&self, level: u8, target: RStr<'_>) -> bool {
        self.0.log_enabled(Level::from_number(level), target.as_str())
    }

    fn log(&self, level: u8, target: RStr<'_>, message: RStr<'_>) {
        self.0.log(Level::from_number(level), target.as_str(), message.as_str());
    }

    fn run_id(&self) -> RString {
        self.0.run_id().into()
    }

    fn extension(&self, name: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault> {
        let answer = self.0.extension(name.as_str(), json.as_slice());
        answer.map(RVec::from).map_err(RawFault::from).into()
    }

    fn on_cancel(&self, callback: CancelCallbackObject) {
        self.0.on_cancel(Box::new(move |reason| callback.call(reason.number())));
    }

    fn trace_context(&self) -> RVec<u8> {
        self.0.trace_context().map(TraceContext::to_json).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Recorded {
        waited: Mutex<Option<Duration>>,
        progress: Mutex<Vec<(f64, Option<String>)>>,
    }

    impl RunContext for Recorded {
        fn is_cancelled(&self) -> bool {
            true
        }
        fn wait_cancelled(&self, limit: Duration) -> bool {
            *self.waited.lock().unwrap() = Some(limit);
            true
        }
        fn remaining(&self) -> Option<Duration> {
            *self.waited.lock().unwrap()
        }
        fn bound(&self) {}
        fn progress(&self, fraction: f64, message: Option<&str>) {
            self.progress.lock().unwrap().push((fraction, message.map(str::to_owned)));
        }
        fn emit(&self, _json: &[u8]) -> Emitted {
            Emitted::ReaderGone
        }
        fn usage(&self, _json: &[u8]) {}
        fn log_enabled(&self, level: Level, _target: &str) -> bool {
            level == Level::Warn
        }
        fn log(&self, _level: Level, _target: &str, _message: &str) {}
        fn run_id(&self) -> &str {
            "id"
        }
    }

    #[test]
    fn the_raw_context_uses_the_frozen_units_and_numbers() {
        let recorded = Arc::new(Recorded::default());
        let object = context_object(Arc::clone(&recorded));
        assert_eq!(object.remaining(), u64::MAX);
        assert!(object.wait_cancelled(1500));
        assert_eq!(*recorded.waited.lock().unwrap(), Some(Duration::from_millis(1500)));
        assert_eq!(object.remaining(), 1500);
        assert_eq!(object.emit("1".as_bytes().into()), 2);
        assert!(object.log_enabled(2, "t".into()) && !object.log_enabled(3, "t".into()));
        object.progress(0.5, "kept".into(), true);
        object.progress(0.25, "new".into(), false);
        let expected = [(0.5, None), (0.25, Some("new".to_owned()))];
        assert_eq!(*recorded.progress.lock().unwrap(), expected);
        assert_eq!(object.run_id(), "id");
    }
}
