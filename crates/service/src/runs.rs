//! Runs: what becomes of a call from its admission to its end.
//!
//! Nothing of HTTP is known here.
//! A run is admitted ([`Runs::execute`], [`Runs::stream`]), waits for a lane, runs, and ends
//! exactly once; whoever holds its [`Pending`] is told, and cancels the run by dropping it.
//!
//! [`engine`] decides, without threads and clocks; [`hub`] puts it among the threads of
//! [`lanes`] and [`clock`].

mod account;
mod cancel;
mod clock;
mod engine;
mod error;
mod exclusive;
mod failure;
mod hub;
mod id;
mod inquiry;
mod job_error;
mod lanes;
mod lines;
mod moment;
mod no_thread;
mod opinion;
mod output;
mod pending;
mod progress;
mod report;
mod run;
mod slot;
mod stop;
mod sync;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod under_loom;
mod usage;
mod wedged;

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Answer;
use universal_worker_abi::Class;
use universal_worker_abi::ClassInfo;

pub(crate) use crate::runs::account::Account;
pub(crate) use crate::runs::cancel::Reason;
pub(crate) use crate::runs::engine::Bounds;
pub(crate) use crate::runs::engine::Counts;
use crate::runs::engine::Found;
pub(crate) use crate::runs::engine::Readiness;
pub(crate) use crate::runs::error::RunError;
pub(crate) use crate::runs::failure::Failure;
use crate::runs::hub::Hub;
use crate::runs::hub::Job;
pub use crate::runs::hub::LaneEvent;
pub(crate) use crate::runs::hub::Listeners;
pub(crate) use crate::runs::job_error::JobError;
pub(crate) use crate::runs::lines::Framing;
use crate::runs::moment::Moment;
pub(crate) use crate::runs::no_thread::NoThread;
use crate::runs::opinion::Opinion;
pub(crate) use crate::runs::opinion::Options;
use crate::runs::output::Output;
pub(crate) use crate::runs::output::Prefetched;
pub(crate) use crate::runs::pending::OpenStream;
pub(crate) use crate::runs::pending::Pending;
pub(crate) use crate::runs::report::ProgressReport;
pub(crate) use crate::runs::report::Report;
pub(crate) use crate::runs::run::OnLeave;
use crate::runs::run::Run;
use crate::runs::run::Terms;
pub(crate) use crate::runs::slot::Released;
pub use crate::runs::stop::Stopped;
pub use crate::runs::wedged::WedgedRun;

/// Runs of one plugin.
#[derive(Debug)]
pub(crate) struct Runs {
    hub: Arc<Hub>,
    timeout: Option<Duration>,
    opinion: Opinion,
}

/// What a client asks for.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// The arguments, as JSON.
    pub(crate) body: Bytes,
    /// An id of the client's own.
    pub(crate) id: Option<String>,
    /// From the admission to the deadline; can only shorten what holds for all runs.
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_leave: OnLeave,
}

/// What [`Runs::cancel`] and [`Runs::cancel_run`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// What was to stop was asked to.
    Requested,
    /// The class says that it cannot be cancelled.
    NotSupported,
    /// There is no run of that id.
    Unknown,
    /// The run of that id is over.
    Ended,
}

impl Runs {
    /// Runs of `class`; none is longer than `timeout`, time in the queue included.
    pub(crate) fn new(
        class: Class,
        bounds: Bounds,
        timeout: Option<Duration>,
        listeners: Listeners,
    ) -> Self {
        let hub = Arc::new(Hub::new(class, bounds, listeners));
        Self { opinion: Opinion::of(&hub), hub, timeout }
    }

    /// For how long no plugin has been at work; zero while a run or a change is queued or at work,
    /// none where there has never been a run.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        self.hub.look(|engine| engine.idle_for(Instant::now()))
    }

    /// How many there may be, queued and running.
    pub(crate) fn most(&self) -> usize {
        self.hub.look(|engine| engine.most())
    }

    pub(crate) fn info(&self) -> &ClassInfo {
        self.hub.slot.class().info()
    }

    pub(crate) fn config(&self) -> Bytes {
        self.hub.slot.config()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.hub.look(|engine| engine.is_draining())
    }

    pub(crate) fn counts(&self) -> Counts {
        self.hub.look(|engine| engine.counts())
    }

    /// Every run there is, and the last that ended; newest first.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let (now, views) = (Instant::now(), self.hub.look(|engine| engine.views()));
        views.iter().map(|view| Report::of(view, self.info(), now)).collect()
    }

    /// The newest run of an id.
    pub(crate) fn report(&self, id: &str) -> Option<Report> {
        let view = self.hub.look(|engine| engine.find(id))?;
        Some(Report::of(&view, self.info(), Instant::now()))
    }

    /// How far the run of an id is.
    pub(crate) fn progress(&self, id: &str) -> Option<ProgressReport> {
        let view = self.hub.look(|engine| engine.find(id))?;
        Some(ProgressReport::of(&view.run, view.busy_since(), Instant::now()))
    }

    /// How far the newest run is, its last values once it has ended.
    pub(crate) fn newest_progress(&self) -> ProgressReport {
        let newest = self.hub.look(|engine| engine.newest());
        let report = newest.map(|(run, since)| ProgressReport::of(&run, since, Instant::now()));
        report.unwrap_or_default()
    }

    /// Admits a call with one answer.
    pub(crate) fn execute(self: &Arc<Self>, call: Call) -> Result<Pending<Answer>, Failure> {
        let (output, told) = Output::answer();
        let (run, key) = self.admit(call, output)?;
        Ok(Pending::new(Arc::clone(self), run, key, told))
    }

    /// Admits a call whose results are streamed.
    pub(crate) fn stream(
        self: &Arc<Self>,
        call: Call,
        framing: Framing,
    ) -> Result<Pending<()>, Failure> {
        let (output, told) = Output::stream(framing);
        let (run, key) = self.admit(call, output)?;
        Ok(Pending::new(Arc::clone(self), run, key, told))
    }

    /// Admits a call of the plugin's prefetch.
    pub(crate) fn prefetch(self: &Arc<Self>, call: Call) -> Result<Pending<Prefetched>, Failure> {
        let (output, told) = Output::prefetch();
        let (run, key) = self.admit(call, output)?;
        Ok(Pending::new(Arc::clone(self), run, key, told))
    }

    fn admit(&self, call: Call, output: Output) -> Result<(Arc<Run>, engine::Key), Failure> {
        let threads = self.hub.start_threads();
        threads.map_err(|error| Failure::now(error.into(), self.info()))?;
        let admitted = Moment::now();
        let timeout = self.timeout.into_iter().chain(call.timeout).min();
        let timeout = timeout.filter(|timeout| *timeout < FOR_EVER);
        let deadline = timeout.and_then(|timeout| admitted.at.checked_add(timeout));
        let terms = Terms { deadline, on_leave: call.on_leave };
        let id = call.id.unwrap_or_else(id::next);
        let run = Arc::new(Run::new(id, terms, admitted, call.body.len(), output));
        let job = Job::Call(call.body);
        let entered = self.hub.happen(|engine, now| engine.admit(&run, job, now));
        match entered {
            Ok(key) => Ok((run, key)),
            Err(refused) => Err(Failure::now(RunError::of_refusal(refused, run.id()), self.info())),
        }
    }

    /// Cancels all that are queued or running now.
    pub(crate) fn cancel(&self) -> Cancelled {
        if !self.info().cancellable {
            return Cancelled::NotSupported;
        }
        self.stop_all(Reason::Cancel);
        Cancelled::Requested
    }

    /// Cancels one run.
    pub(crate) fn cancel_run(&self, id: &str) -> Cancelled {
        let (found, live) = if self.info().cancellable {
            (self.hub.settle(|engine, now| engine.cancel(id, now)), Cancelled::Requested)
        } else {
            (self.hub.look(|engine| engine.found(id)), Cancelled::NotSupported)
        };
        match found {
            Found::Live(_) => live,
            Found::Ended => Cancelled::Ended,
            Found::Unknown => Cancelled::Unknown,
        }
    }

    fn stop_all(&self, reason: Reason) {
        self.hub.settle(|engine, now| ((), engine.stop_all(reason, now)));
    }

    fn stop_run(&self, key: engine::Key, reason: Reason) {
        self.hub.settle(|engine, now| ((), engine.stop(key, reason, now)));
    }
}

/// A timeout of a hundred years is none.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Drop for Runs {
    fn drop(&mut self) {
        self.hub.close();
    }
}
