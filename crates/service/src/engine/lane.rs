//! A lane that is held: by a run that runs, or by one whose plugin has not come back.

use std::time::Duration;
use std::time::Instant;

use crate::runs::engine::Effects;
use crate::runs::engine::Key;
use crate::runs::engine::View;
use crate::runs::engine::history::History;
use crate::runs::engine::states::Overtime;
use crate::runs::engine::states::Queued;
use crate::runs::engine::states::Running;
use crate::runs::engine::states::Stop;
use crate::runs::run::Run;

#[derive(Debug)]
pub(super) enum Lane {
    Running(Running),
    Overtime(Overtime),
}

impl Lane {
    pub(super) fn begin(queued: Queued, now: Instant) -> Self {
        Self::Running(queued.start(now))
    }

    pub(super) fn key(&self) -> Key {
        match self {
            Self::Running(running) => running.key,
            Self::Overtime(overtime) => overtime.ended.key,
        }
    }

    pub(super) fn run(&self) -> &Run {
        match self {
            Self::Running(running) => &running.run,
            Self::Overtime(overtime) => &overtime.ended.run,
        }
    }

    /// For how long it has been held.
    pub(super) fn age(&self, now: Instant) -> Duration {
        let started_at = match self {
            Self::Running(running) => Some(running.started_at),
            Self::Overtime(overtime) => overtime.ended.started_at,
        };
        started_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at))
    }

    fn stop(&self) -> Option<&Stop> {
        match self {
            Self::Running(running) => running.stop.as_ref(),
            Self::Overtime(overtime) => Some(&overtime.stop),
        }
    }

    /// Since when it is wedged.
    pub(super) fn wedged_at(&self) -> Option<Instant> {
        self.stop()?.wedged_at()
    }

    /// When something about it falls due.
    pub(super) fn due(&self, grace: Duration) -> Option<Instant> {
        let wedged = self.stop().and_then(|stop| stop.due(grace));
        let deadline = match self {
            Self::Running(running) => running.deadline,
            Self::Overtime(_) => None,
        };
        deadline.into_iter().chain(wedged).min()
    }

    /// Does what the deadline asks for, once it has passed.
    pub(super) fn keep_deadline<J>(
        self,
        now: Instant,
        history: &mut History,
        effects: &mut Effects<J>,
    ) -> Self {
        let passed = |running: &Running| running.deadline.is_some_and(|at| at <= now);
        match self {
            Self::Running(running) if passed(&running) => match running.stop {
                None => {
                    let Overtime { ended, stop } = running.time_out(now);
                    let lane = Self::Overtime(Overtime { ended: history.count(ended), stop });
                    effects.settled.push((View::of_lane(&lane), stop.reason));
                    lane
                }
                // It was asked to stop before, and ends as that; but nobody waits any longer.
                Some(stop) => {
                    let lane = Self::Running(Running { deadline: None, ..running });
                    effects.settled.push((View::of_lane(&lane), stop.reason));
                    lane
                }
            },
            lane => lane,
        }
    }

    /// Makes it wedged, once its grace is over.
    pub(super) fn keep_grace<J>(
        &mut self,
        grace: Duration,
        now: Instant,
        effects: &mut Effects<J>,
    ) {
        let stop = match self {
            Self::Running(running) => running.stop.as_mut(),
            Self::Overtime(overtime) => Some(&mut overtime.stop),
        };
        let Some(stop) = stop else { return };
        if stop.becomes_wedged(grace, now) {
            let reason = stop.reason;
            let view = View::of_lane(self);
            // The client of one whose deadline has passed was told then.
            if let Self::Running(_) = self {
                effects.settled.push((view.clone(), reason));
            }
            effects.wedged.push(view);
        }
    }
}
