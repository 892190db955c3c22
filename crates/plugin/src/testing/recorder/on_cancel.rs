//! Callbacks for the cancel of a run in a test.

use std::sync::PoisonError;
use std::thread;

use universal_worker_abi::{CancelCallback, CancelReason};

use crate::testing::recorder::Recorder;
use crate::testing::when::StopReason;

impl Recorder {
    /// Calls `callback` on a thread of its own when the run is stopped, unless it ends before.
    pub(super) fn call_when_stopped(&self, callback: CancelCallback) {
        let Some(this) = self.this.upgrade() else { return };
        thread::spawn(move || {
            let Some(reason) = this.stopped_before_end() else { return };
            callback(match reason {
                StopReason::Cancel => CancelReason::Cancel,
                StopReason::ReaderGone => CancelReason::ClientGone,
                StopReason::Deadline => CancelReason::Deadline,
            });
            this.locked().callbacks_running -= 1;
            this.stopped.notify_all();
        });
    }

    /// Waits until the run is stopped, and counts a callback as running; `None` if the run ends.
    fn stopped_before_end(&self) -> Option<StopReason> {
        let mut state = self.locked();
        loop {
            if state.has_ended {
                return None;
            }
            if let Some(reason) = self.stop_reason(&state) {
                state.callbacks_running += 1;
                return Some(reason);
            }
            state = match self.next_timed_stop() {
                None => self.stopped.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(next) => {
                    let woken = self.stopped.wait_timeout(state, next);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Marks the run as ended, and waits for the callbacks that are running.
    pub(super) fn end_callbacks(&self) {
        let mut state = self.locked();
        state.has_ended = true;
        self.stopped.notify_all();
        let running = |state: &mut super::State| state.callbacks_running > 0;
        drop(self.stopped.wait_while(state, running));
    }
}
