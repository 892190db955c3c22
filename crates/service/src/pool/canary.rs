//! Starts canaries, on the thread of the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::pool::job::Job;
use crate::pool::scheduler::{Scheduler, SchedulerState};
use crate::run::canary::CanaryVerdict;
use crate::run::on_cancel::CancelThread;
use crate::run::options::RunOptions;
use crate::run::output::Output;
use crate::run::timestamp::Timestamp;
use crate::run::{Run, id};
use crate::settings::Canary;

/// The canary of a plugin.
#[derive(Debug)]
pub(crate) struct CanaryTimer {
    body: Bytes,
    every: Duration,
    timeout: Duration,
    /// When the next one starts; `None` for never.
    due: Option<Instant>,
    verdict: Arc<CanaryVerdict>,
    cancel_thread: Arc<CancelThread>,
}

impl CanaryTimer {
    /// A canary with this body from now on, each at most as long as `every` and `timeout`.
    pub(crate) fn new(
        Canary { body, every }: Canary,
        timeout: Option<Duration>,
        cancel_thread: Arc<CancelThread>,
    ) -> Self {
        let timeout = timeout.unwrap_or(every).min(every);
        let due = Instant::now().checked_add(every);
        let verdict = Arc::new(CanaryVerdict::new(timeout));
        Self { body, every, timeout, due, verdict, cancel_thread }
    }

    pub(crate) fn verdict(&self) -> &Arc<CanaryVerdict> {
        &self.verdict
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Forgets the last one: another instance may do better.
    pub(super) fn reset(&self) {
        self.verdict.reset();
    }

    /// Queues a canary if one is due and the plugin has nothing else to do on some lane.
    ///
    /// It calls the instance that is there, and never creates one: that may load what nobody has asked
    /// for, or has just released.
    pub(super) fn tick(scheduler: &Scheduler, state: &mut SchedulerState, now: Instant) {
        let Some(canary) = &mut state.canary else { return };
        if canary.due.is_none_or(|due| due > now) {
            return;
        }
        canary.due = now.checked_add(canary.every);
        if scheduler.cell().has_instance() {
            let (run, job) = (Arc::new(canary.run()), Job::Call(canary.body.clone()));
            let _ = state.engine.admit_canary(&run, job);
        }
    }

    fn run(&self) -> Run {
        let admitted_at = Timestamp::now();
        let deadline = admitted_at.at.checked_add(self.timeout);
        let options = RunOptions { deadline, ..RunOptions::default() };
        let output = Output::Canary(Arc::clone(&self.verdict));
        let mut run = Run::new(id::generate(), options, admitted_at, self.body.len(), output);
        run.set_callbacks_on(&self.cancel_thread);
        run
    }
}
