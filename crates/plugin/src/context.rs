//! What a run gives to the plugin that executes it.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use universal_worker_abi::Emitted;
pub use universal_worker_abi::Level;
use universal_worker_abi::raw::ContextObject;
use universal_worker_abi::raw::RawContext_TO;
use universal_worker_json::Encoder;

use crate::error::PluginError;

/// A run, as the plugin that executes it sees it: progress, cancel, stream, log, account.
///
/// It is cheap to clone and may be sent to any thread; its methods may be called from all of them.
/// Outside of a run (in `load` and `initialize`) it can log, and is never cancelled.
pub struct Context {
    object: ContextObject,
}

impl Context {
    pub(crate) fn new(object: ContextObject) -> Self {
        Self { object }
    }

    /// Whether the run is to stop: its caller cancelled it or left, or the worker ends.
    ///
    /// Costs about as much as reading an atomic: ask as often as you like.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.object.is_cancelled()
    }

    /// [`is_cancelled`](Self::is_cancelled) for use with `?`.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] once the run is to stop.
    pub fn check_cancelled(&self) -> Result<(), PluginError> {
        if self.is_cancelled() { Err(PluginError::cancelled()) } else { Ok(()) }
    }

    /// Sleeps for `duration`, or until the run is to stop; tells whether it is.
    ///
    /// Durations are cut to whole milliseconds, the fraction rounded up.
    #[must_use]
    pub fn sleep(&self, duration: Duration) -> bool {
        let milliseconds = duration.as_nanos().div_ceil(1_000_000);
        self.object.wait_cancelled(u64::try_from(milliseconds).unwrap_or(u64::MAX))
    }

    /// For how long the run may go on before its deadline; none where it has none.
    ///
    /// Once it is over, the run is asked to stop as by a cancel.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let milliseconds = self.object.remaining();
        (milliseconds != u64::MAX).then(|| Duration::from_millis(milliseconds))
    }

    /// Tells how far the run is, from 0.0 to 1.0, or -1.0 where that is unknown; the message of
    /// the last [`status`](Self::status) stays.
    pub fn progress(&self, fraction: f64) {
        self.object.progress(fraction, "".into(), true);
    }

    /// Tells how far the run is, and what it does.
    pub fn status(&self, fraction: f64, message: &str) {
        self.object.progress(fraction, message.into(), false);
    }

    /// Hands over one value of the stream; waits while the reader is slow.
    ///
    /// # Errors
    /// [`PluginError::cancelled`] when the run is cancelled or its reader has left; any other
    /// error when the value cannot be encoded, or the run is no stream.
    pub fn emit<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), PluginError> {
        // The buffer is taken out while it is used: a value may emit while it is encoded.
        let mut line = LINE.with(RefCell::take);
        line.clear();
        let encoded = Encoder::compact().encode_into(value, &mut line);
        let emitted = encoded.map(|()| Emitted::from_number(self.object.emit(line[..].into())));
        if line.capacity() <= KEPT_LINE {
            LINE.set(line);
        }
        match emitted? {
            Emitted::Taken => Ok(()),
            Emitted::Cancelled | Emitted::ReaderGone => Err(PluginError::cancelled()),
            Emitted::NotAStream => Err(PluginError::new(
                "emit in a run that is no stream: it belongs into execute_stream",
            )),
        }
    }

    /// Tells figures of the plugin's own, such as tokens used; they stand in the run's account.
    ///
    /// `figures` is an object; a key that was there before is replaced.
    /// All of them together may be 4 KiB long; what would exceed that is not taken, and logged.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn usage<T: Serialize + ?Sized>(&self, figures: &T) -> Result<(), PluginError> {
        let json = Encoder::compact().to_vec(figures)?;
        self.object.usage(json[..].into());
        Ok(())
    }

    /// Writes a line into the worker's log, with the run's id.
    ///
    /// The macros of the crates `log` and `tracing` do the same, with more comfort.
    pub fn log(&self, level: Level, target: &str, message: &str) {
        self.object.log(level as u8, target.into(), message.into());
    }

    /// Whether a line of that level and target would be written.
    #[must_use]
    pub fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.object.log_enabled(level as u8, target.into())
    }

    /// The run's id; empty outside of a run.
    #[must_use]
    pub fn run_id(&self) -> String {
        self.object.run_id().into_string()
    }

    pub(crate) fn into_object(self) -> ContextObject {
        self.object
    }

    pub(crate) fn bound(&self) {
        self.object.bound();
    }
}

/// A longer line gives its memory back.
const KEPT_LINE: usize = 64 * 1024;

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
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
