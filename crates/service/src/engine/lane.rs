//! A lane that is held: by a running run, or by one that timed out and whose plugin has not returned.

use std::time::{Duration, Instant};

use crate::engine::effects::Effects;
use crate::engine::history::History;
use crate::run::Run;
use crate::run::id::EntryKey;
use crate::run::snapshot::Snapshot;
use crate::run::states::{Cancellation, Running, TimedOut};

#[derive(Debug)]
pub(super) enum Lane {
    Running(Running),
    TimedOut(TimedOut),
}

impl Lane {
    pub(super) fn key(&self) -> EntryKey {
        match self {
            Self::Running(running) => running.key,
            Self::TimedOut(timed_out) => timed_out.finished.key,
        }
    }

    pub(super) fn run(&self) -> &Run {
        match self {
            Self::Running(running) => &running.run,
            Self::TimedOut(timed_out) => &timed_out.finished.run,
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        match self {
            Self::Running(running) => Snapshot::from_running(running),
            Self::TimedOut(timed_out) => Snapshot::from_timed_out(timed_out),
        }
    }

    /// How long it has been held.
    pub(super) fn age(&self, now: Instant) -> Duration {
        let started_at = match self {
            Self::Running(running) => Some(running.started_at),
            Self::TimedOut(timed_out) => timed_out.finished.started_at,
        };
        started_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at))
    }

    fn cancellation(&self) -> Option<&Cancellation> {
        match self {
            Self::Running(running) => running.cancellation.as_ref(),
            Self::TimedOut(timed_out) => Some(&timed_out.cancellation),
        }
    }

    /// Since when its run is wedged.
    pub(super) fn wedged_at(&self) -> Option<Instant> {
        self.cancellation()?.wedged_at()
    }

    /// Whether the client of its run has had a reply, before the plugin has returned.
    pub(super) fn has_reply(&self) -> bool {
        match self {
            Self::Running(running) => running.has_reply(),
            Self::TimedOut(_) => true,
        }
    }

    /// When its deadline or its cancel grace ends.
    pub(super) fn due(&self, grace: Duration) -> Option<Instant> {
        let wedged = self.cancellation().and_then(|cancellation| cancellation.due(grace));
        let deadline = match self {
            Self::Running(running) => running.deadline,
            Self::TimedOut(_) => None,
        };
        deadline.into_iter().chain(wedged).min()
    }

    /// Ends the run if its deadline has passed.
    pub(super) fn apply_deadline<J>(
        self,
        now: Instant,
        history: &mut History,
        effects: &mut Effects<J>,
    ) -> Self {
        let passed = |running: &Running| running.deadline.is_some_and(|at| at <= now);
        match self {
            Self::Running(running) if passed(&running) => match running.cancellation {
                None => {
                    let TimedOut { finished, cancellation } = running.time_out(now);
                    let finished = history.count(finished);
                    let lane = Self::TimedOut(TimedOut { finished, cancellation });
                    effects.replies.push((lane.snapshot(), cancellation.reason));
                    lane
                }
                // It ends as cancelled, for the first reason; but its client waits no longer.
                Some(cancellation) => {
                    let had_reply = running.has_reply();
                    let lane = Self::Running(Running { deadline: None, ..running });
                    if !had_reply {
                        effects.replies.push((lane.snapshot(), cancellation.reason));
                    }
                    lane
                }
            },
            lane => lane,
        }
    }

    /// Marks the run as wedged if its cancel grace is over.
    pub(super) fn apply_grace<J>(
        &mut self,
        grace: Duration,
        now: Instant,
        effects: &mut Effects<J>,
    ) {
        let had_reply = self.has_reply();
        let cancellation = match self {
            Self::Running(running) => running.cancellation.as_mut(),
            Self::TimedOut(timed_out) => Some(&mut timed_out.cancellation),
        };
        let Some(cancellation) = cancellation else { return };
        if cancellation.update_wedged(grace, now) {
            let reason = cancellation.reason;
            let snapshot = self.snapshot();
            if !had_reply {
                effects.replies.push((snapshot.clone(), reason));
            }
            effects.wedged.push(snapshot);
        }
    }
}
