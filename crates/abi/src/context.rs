//! The worker's side of a run, as the plugin sees it.

use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::raw::ContextObject;
use crate::raw::RArc;
use crate::raw::RResult;
use crate::raw::RSlice;
use crate::raw::RStr;
use crate::raw::RString;
use crate::raw::RVec;
use crate::raw::RawContext;
use crate::raw::RawContext_TO;
use crate::raw::RawFault;
use crate::raw::TD_Opaque;

/// What a run offers to the plugin that executes it.
///
/// The worker implements it; a plugin reaches it through [`context_object`], which makes the
/// object that crosses the boundary.
/// Its methods may be called from any thread of the plugin, and must not panic.
pub trait RunContext: Send + Sync + 'static {
    /// Whether the run is to stop.
    fn is_cancelled(&self) -> bool;

    /// Waits until the run is to stop, at most for `limit`; tells whether it is.
    fn wait_cancelled(&self, limit: Duration) -> bool;

    /// For how long the run may go on; none where it has no deadline.
    fn remaining(&self) -> Option<Duration>;

    /// The arguments were bound: from here on the run's own code is at work.
    fn bound(&self);

    /// Progress from 0 to 1, or -1 where it cannot be told; no message keeps the former one.
    fn progress(&self, fraction: f64, message: Option<&str>);

    /// Hands over one JSON value of a stream; waits while the reader is slow.
    fn emit(&self, json: &[u8]) -> Emitted;

    /// Adds the members of a JSON object to what the run's account tells.
    fn usage(&self, json: &[u8]);

    /// Whether a log line of that level and target would be written.
    fn log_enabled(&self, level: Level, target: &str) -> bool;

    /// Writes a log line.
    fn log(&self, level: Level, target: &str, message: &str);

    /// The run's id; empty outside of a run.
    fn run_id(&self) -> &str;

    /// Takes what a later version of the interface adds.
    ///
    /// # Errors
    /// `NotSupported` where the name is unknown.
    fn extension(&self, name: &str, json: &[u8]) -> Result<Vec<u8>, Fault> {
        let _ = json;
        Err(Fault::unknown_extension(name))
    }
}

/// What became of an emitted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emitted {
    /// It is on its way.
    Taken,
    /// The run is cancelled.
    Cancelled,
    /// The reader has left.
    ReaderGone,
    /// This run is no stream.
    NotAStream,
}

/// The level of a log line, with the numbers of the crate `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error = 1,
    /// Something is odd.
    Warn = 2,
    /// Something to know.
    Info = 3,
    /// For who looks for a fault.
    Debug = 4,
    /// Every step.
    Trace = 5,
}

impl Level {
    /// The level of that number; what is beyond the last is the last.
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

impl Emitted {
    const fn number(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::Cancelled => 1,
            Self::ReaderGone => 2,
            Self::NotAStream => 3,
        }
    }

    /// What `emit` of the raw object answered; an unknown number reads as the reader having left.
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

/// Makes the object that crosses the boundary, which is the context itself.
#[allow(unsafe_code, reason = "std has no cast of an Arc to a type of the same representation")]
pub fn context_object<C: RunContext>(context: Arc<C>) -> ContextObject {
    let context = Arc::into_raw(context).cast::<Adapter<C>>();
    // SAFETY: an adapter has the representation of what is in it, and nothing but methods of its own.
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
        // The last number is the mark for no deadline; a real one is never that far away.
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
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Told {
        waited: Mutex<Option<Duration>>,
        progress: Mutex<Vec<(f64, Option<String>)>>,
    }

    impl RunContext for Told {
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
    fn what_crosses_has_the_units_and_numbers_that_are_settled() {
        let told = Arc::new(Told::default());
        let object = context_object(Arc::clone(&told));
        assert_eq!(object.remaining(), u64::MAX);
        assert!(object.wait_cancelled(1500));
        assert_eq!(*told.waited.lock().unwrap(), Some(Duration::from_millis(1500)));
        assert_eq!(object.remaining(), 1500);
        assert_eq!(object.emit("1".as_bytes().into()), 2);
        assert!(object.log_enabled(2, "t".into()) && !object.log_enabled(3, "t".into()));
        object.progress(0.5, "kept".into(), true);
        object.progress(0.25, "new".into(), false);
        let expected = [(0.5, None), (0.25, Some("new".to_owned()))];
        assert_eq!(*told.progress.lock().unwrap(), expected);
        assert_eq!(object.run_id(), "id");
    }
}
