//! Ends the process when its stop does not.
//!
//! The stop is bounded by itself; this is for what nobody thought of, such as a main thread that is
//! held up where it never should be.
//! So it is a thread that is there from the start, waits for nothing but its time, and takes no
//! lock that anything else takes.

use std::sync::mpsc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::descendants;
use crate::failure::Failure;
use crate::imp;

/// The right to start the countdown; it has no way back.
#[derive(Debug, Clone)]
pub(crate) struct LastResort(Sender<()>);

const LAST_LINE: &[u8] =
    b"stopped: the stop itself did not come to its end; what runs is abandoned\n";

impl LastResort {
    /// Makes ready for a countdown of `limit`.
    pub(crate) fn after(limit: Duration) -> Result<Self, Failure> {
        let (start, started) = mpsc::channel();
        let waiting = move || {
            if started.recv().is_ok() {
                thread::sleep(limit);
                imp::write_if_possible(LAST_LINE);
                descendants::kill();
                imp::exit_now(4);
            }
        };
        let thread = thread::Builder::new().name("last-resort".to_owned()).spawn(waiting);
        thread.map_err(|source| Failure::Thread { what: "the last resort", source })?;
        Ok(Self(start))
    }

    /// Starts the countdown, where it has not been started.
    pub(crate) fn start(&self) {
        // Never fails: the thread is there until the process ends.
        let _ = self.0.send(());
    }
}
