//! The runs there are, and how those ended that are over.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Serialize;

use crate::runs::error::RunError;
use crate::runs::run::Run;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    live: Vec<Arc<Run>>,
    newest: Option<Arc<Run>>,
    finished: u64,
    failed: u64,
    cancelled: u64,
    /// Running average of how long a run takes; none before the first has ended.
    average: Option<Duration>,
}

/// How many runs there are and were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) running: u64,
    pub(crate) queued: u64,
    pub(crate) finished: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
}

impl Registry {
    /// A run that is about to be queued.
    pub(crate) fn enter(&self, run: &Arc<Run>) {
        self.locked().live.push(Arc::clone(run));
    }

    /// It is queued or runs.
    pub(crate) fn admitted(&self, run: &Arc<Run>) {
        self.locked().newest = Some(Arc::clone(run));
    }

    /// It found no place.
    pub(crate) fn refuse(&self, run: &Arc<Run>) {
        self.locked().remove(run);
    }

    /// It is over; does nothing when it was over before.
    pub(crate) fn leave(&self, run: &Arc<Run>, error: Option<&RunError>) {
        let mut state = self.locked();
        if !state.remove(run) {
            return;
        }
        match error {
            None => state.finished += 1,
            Some(RunError::Cancelled(_)) => state.cancelled += 1,
            Some(_) => state.failed += 1,
        }
        if let Some(took) = run.running_for() {
            // The weight of a new figure is an eighth, as in TCP's smoothed round trip (RFC 6298).
            state.average = Some(state.average.map_or(took, |average| (average * 7 + took) / 8));
        }
        drop(state);
        match error {
            None => log::debug!(run = run.id(); "finished"),
            Some(error) => log::warn!(run = run.id(); "{error}"),
        }
    }

    pub(crate) fn live(&self) -> Vec<Arc<Run>> {
        self.locked().live.clone()
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Run>> {
        self.locked().live.iter().find(|run| run.id() == id).cloned()
    }

    pub(crate) fn newest(&self) -> Option<Arc<Run>> {
        self.locked().newest.clone()
    }

    pub(crate) fn counts(&self) -> Counts {
        let state = self.locked();
        let live = state.live.len() as u64;
        let running = state.live.iter().filter(|run| run.running_for().is_some()).count() as u64;
        Counts {
            running,
            queued: live - running,
            finished: state.finished,
            failed: state.failed,
            cancelled: state.cancelled,
        }
    }

    /// How long a run takes: the running average, or the age of the oldest if that is more.
    pub(crate) fn expected_run_time(&self) -> Duration {
        let state = self.locked();
        let oldest = state.live.iter().filter_map(|run| run.running_for()).max();
        state.average.unwrap_or_default().max(oldest.unwrap_or_default())
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, run: &Arc<Run>) -> bool {
        let place = self.live.iter().position(|live| Arc::ptr_eq(live, run));
        place.map(|place| self.live.swap_remove(place)).is_some()
    }
}
