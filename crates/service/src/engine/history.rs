//! What remains of runs that are over: the last ones, and figures of all.

use std::collections::VecDeque;
use std::time::Duration;

use crate::runs::engine::states::End;
use crate::runs::engine::states::Ended;
use crate::runs::engine::view::View;

#[derive(Debug, Default)]
pub(super) struct History {
    /// Ended runs that are kept to be read.
    kept: usize,
    last: VecDeque<Ended>,
    pub(super) finished: u64,
    pub(super) failed: u64,
    pub(super) cancelled: u64,
    pub(super) timed_out: u64,
    /// Running average of how long a run takes; none before the first has ended.
    average: Option<Duration>,
}

impl History {
    pub(super) fn of_the_last(kept: usize) -> Self {
        Self { kept, ..Self::default() }
    }

    /// Counts an end.
    pub(super) fn count(&mut self, ended: Ended) -> Ended {
        match ended.end {
            End::Finished => self.finished += 1,
            End::Failed(_) => self.failed += 1,
            End::Cancelled(_) => self.cancelled += 1,
            End::TimedOut => self.timed_out += 1,
        }
        ended
    }

    /// Keeps a run that is over and whose plugin, if it began, has come back.
    pub(super) fn keep(&mut self, ended: Ended) -> View {
        if let Some((started_at, returned_at)) = ended.started_at.zip(ended.returned_at) {
            let took = returned_at.saturating_duration_since(started_at);
            // The weight of a new figure is an eighth, as in TCP's smoothed round trip (RFC 6298).
            self.average = Some(self.average.map_or(took, |average| (average * 7 + took) / 8));
        }
        let view = View::of_ended(&ended);
        self.last.push_back(ended);
        if self.last.len() > self.kept {
            self.last.pop_front();
        }
        view
    }

    /// How long a run takes.
    pub(super) fn average(&self) -> Duration {
        self.average.unwrap_or_default()
    }

    /// The newest run of an id.
    pub(super) fn find(&self, id: &str) -> Option<View> {
        let of_id = self.last.iter().filter(|ended| ended.run.id() == id);
        of_id.max_by_key(|ended| ended.key).map(View::of_ended)
    }

    pub(super) fn views(&self) -> impl Iterator<Item = View> {
        self.last.iter().map(View::of_ended)
    }
}
