//! Runs: what becomes of a call from its admission to its end.
//!
//! Nothing of HTTP is known here.
//! A run is admitted ([`Runs::execute`], [`Runs::stream`]), waits for a lane, runs, and ends
//! exactly once; whoever holds its [`Pending`] gets the end, and cancels the run by dropping it.

mod cancel;
mod error;
mod exclusive;
mod id;
mod job_error;
mod lanes;
mod lines;
mod pending;
mod registry;
mod run;
mod slot;
mod stop;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::Answer;
use universal_worker_abi::Class;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;

use crate::runs::cancel::Reason;
pub(crate) use crate::runs::error::RunError;
pub(crate) use crate::runs::job_error::JobError;
use crate::runs::lanes::Lanes;
pub(crate) use crate::runs::pending::OpenStream;
pub(crate) use crate::runs::pending::Pending;
pub(crate) use crate::runs::pending::PendingStream;
pub(crate) use crate::runs::registry::Counts;
use crate::runs::registry::Registry;
pub(crate) use crate::runs::run::Progress;
pub(crate) use crate::runs::run::Run;
use crate::runs::slot::Slot;
pub use crate::runs::stop::Stopped;

/// Runs of one plugin.
#[derive(Debug)]
pub(crate) struct Runs {
    slot: Arc<Slot>,
    lanes: Lanes,
    registry: Arc<Registry>,
    draining: AtomicBool,
    cancel_grace: Duration,
}

/// What [`Runs::cancel`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// What was to stop was asked to.
    Requested,
    /// The class says that it cannot be cancelled.
    NotSupported,
    /// There is no run of that id.
    Unknown,
}

impl Runs {
    pub(crate) fn new(class: Class, lanes: usize, queue: usize, cancel_grace: Duration) -> Self {
        Self {
            slot: Arc::new(Slot::new(class)),
            lanes: Lanes::new(lanes, queue),
            registry: Arc::default(),
            draining: AtomicBool::new(false),
            cancel_grace,
        }
    }

    pub(crate) fn info(&self) -> &ClassInfo {
        self.slot.class().info()
    }

    pub(crate) fn config(&self) -> Bytes {
        self.slot.config()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.registry.counts()
    }

    /// How far the newest run is, its last values once it has ended.
    pub(crate) fn newest_progress(&self) -> Progress {
        self.registry.newest().map(|run| run.current_progress()).unwrap_or_default()
    }

    /// Admits a call with one answer.
    pub(crate) fn execute(self: &Arc<Self>, call: Bytes) -> Result<Pending<Answer>, RunError> {
        let run = Arc::new(Run::for_answer(id::next()));
        self.admit(run, move |slot, run| Ok(slot.get()?.execute(&call, run)?))
    }

    /// Admits a call whose results are streamed.
    pub(crate) fn stream(self: &Arc<Self>, call: Bytes) -> Result<PendingStream, RunError> {
        let (run, bound) = Run::for_stream(id::next());
        let pending = self
            .admit(Arc::new(run), move |slot, run| Ok(slot.get()?.execute_stream(&call, run)?))?;
        Ok(PendingStream { pending, bound })
    }

    fn admit<T, F>(self: &Arc<Self>, run: Arc<Run>, call: F) -> Result<Pending<T>, RunError>
    where
        T: Send + 'static,
        F: FnOnce(&Slot, Arc<Run>) -> Result<T, RunError> + Send + 'static,
    {
        if self.is_draining() {
            return Err(RunError::Draining);
        }
        let (end, ended) = oneshot::channel();
        let job = {
            let (slot, run) = (Arc::clone(&self.slot), Arc::clone(&run));
            let registry = Arc::clone(&self.registry);
            Box::new(move || {
                let result = run_on_lane(&slot, &run, call);
                let error = result.as_ref().err();
                registry.leave(&run, error);
                if let Some(lines) = run.lines() {
                    let last = error.map(|error| JobError::of(error, slot.class().info()).line());
                    lines.finish(last.as_deref());
                }
                // A client that left does not listen.
                let _ = end.send(result);
            })
        };
        // Entered before it can start, so that whoever cancels all misses none.
        self.registry.enter(&run);
        match self.lanes.submit(job) {
            Ok(ticket) => {
                run.queued_as(ticket);
                self.registry.admitted(&run);
            }
            Err(full) => {
                self.registry.refuse(&run);
                return Err(RunError::queue_full(&self.registry, full.waiting, self.lanes.count()));
            }
        }
        if run.cancel_token().is_requested() {
            self.withdraw(&run);
        }
        Ok(Pending::new(Arc::clone(self), run, ended))
    }

    /// Asks one run, or all that are queued or running now, to stop.
    pub(crate) fn cancel(&self, id: Option<&str>) -> Cancelled {
        if !self.info().cancellable {
            return Cancelled::NotSupported;
        }
        match id {
            None => self.cancel_all(Reason::Cancel),
            Some(id) => match self.registry.find(id) {
                Some(run) => self.cancel_run(&run, Reason::Cancel),
                None => return Cancelled::Unknown,
            },
        }
        Cancelled::Requested
    }

    fn cancel_all(&self, reason: Reason) {
        for run in self.registry.live() {
            self.cancel_run(&run, reason);
        }
    }

    fn cancel_run(&self, run: &Arc<Run>, reason: Reason) {
        run.cancel(reason);
        self.withdraw(run);
    }

    /// The client that waits for this run left.
    pub(crate) fn client_left(&self, run: &Arc<Run>) {
        self.cancel_run(run, Reason::ClientGone);
    }

    /// A run that has not begun never does: its place in the queue goes to the next.
    fn withdraw(&self, run: &Arc<Run>) {
        if let Some(ticket) = run.ticket()
            && self.lanes.withdraw(ticket)
        {
            self.registry.leave(run, run.cancelled().as_ref());
        }
    }
}

/// Runs plugin code on the thread that has a lane.
fn run_on_lane<T>(
    slot: &Slot,
    run: &Arc<Run>,
    call: impl FnOnce(&Slot, Arc<Run>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    if let Some(cancelled) = run.cancelled() {
        return Err(cancelled);
    }
    run.start();
    let result = call(slot, Arc::clone(run));
    if matches!(&result, Err(RunError::Fault(fault)) if fault.kind == FaultKind::Panicked) {
        return result;
    }
    // Whatever else a run came back with after it was asked to stop: that is its end.
    run.cancelled().map_or(result, Err)
}

impl From<Fault> for RunError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
