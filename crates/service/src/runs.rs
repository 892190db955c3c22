//! The runs of one plugin: admission, cancel, and reports; no HTTP.
//!
//! A run is admitted ([`Runs::execute`], [`Runs::stream`], [`Runs::prefetch`]), waits for a lane, runs,
//! and ends exactly once.
//! The holder of its [`PendingRun`] gets the reply, and cancels the run by dropping it.

pub(crate) mod activity;
pub(crate) mod drain;
pub(crate) mod kept;
pub(crate) mod lifecycle;
pub(crate) mod pending;
pub(crate) mod ready;
mod recycle;
pub(crate) mod shutdown;

use std::fmt;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;
use universal_worker_abi::{Class, ClassInfo, Lanes};

use crate::engine::Bounds;
use crate::engine::cancel::CancelTarget;
use crate::engine::inspect::Counts;
use crate::instance::cell::InstanceCell;
use crate::instance::plugin_thread;
use crate::instance::plugin_thread::{PluginThreadEvent, ThreadListener};
use crate::instance::probes::{ConfigOptionsReply, Probes};
use crate::io_threads::IoThreads;
use crate::own_thread::OwnThreads;
use crate::pool::Pool;
use crate::pool::canary::CanaryTimer;
use crate::pool::job::Job;
use crate::pool::lanes::FirstLane;
use crate::pool::scheduler::{OnWedged, Scheduler};
use crate::run::canary::CanaryVerdict;
use crate::run::cancel::CancelReason;
use crate::run::error::{RunError, SpawnError};
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::kept::Keep;
use crate::run::on_cancel::{CancelCallbacks, CancelThread};
use crate::run::options::{IncludeAccount, OnDisconnect, RunOptions};
use crate::run::output::{Answer, Operation, Output, PrefetchResult, Reply};
use crate::run::pressure::{MemoryGate, Pressure};
use crate::run::report::{ProgressReport, RunReport};
use crate::run::snapshot::Snapshot;
use crate::run::tags::{Tags, Tracing};
use crate::run::timestamp::Timestamp;
use crate::run::usage::Usage;
use crate::run::{Run, id};
use crate::runs::drain::{Drain, DrainMode, OnDrain};
use crate::runs::pending::PendingRun;
use crate::settings::Canary;

pub(crate) struct Runs {
    pool: Arc<Pool>,
    timeout: Option<Duration>,
    /// None if memory is not limited.
    memory: Option<MemoryGate>,
    /// None without a canary.
    canary: Option<Arc<CanaryVerdict>>,
    tracing: Tracing,
    probes: Probes,
    cancel_thread: Arc<CancelThread>,
    on_cleaned_up: Mutex<Option<OnCleanedUp>>,
    drain: Arc<Drain>,
}

/// Callbacks of the embedder.
#[derive(Default)]
pub(crate) struct Listeners {
    pub(crate) wedged: Option<OnWedged>,
    pub(crate) plugin_thread: ThreadListener,
    pub(crate) own_threads: OwnThreads,
    pub(crate) cleaned_up: Option<OnCleanedUp>,
    pub(crate) first_lane: Option<FirstLane>,
    pub(crate) drain: Option<OnDrain>,
    pub(crate) drain_mode: DrainMode,
}

/// Which threads execute calls.
#[derive(Debug, Default)]
pub(crate) struct CallThreads {
    /// Those on which calls may run inline.
    pub(crate) io_threads: Option<IoThreads>,
    /// `None` for what the class declares.
    pub(crate) lanes: Option<Lanes>,
}

/// Called once, after the last cleanup of the plugin, on its thread.
pub(crate) type OnCleanedUp = Box<dyn FnOnce() + Send>;

/// The request of a client.
#[derive(Debug, Default)]
pub(crate) struct RunRequest {
    /// The arguments, as JSON.
    pub(crate) body: Bytes,
    /// An id chosen by the client.
    pub(crate) id: Option<String>,
    /// Time from the admission to the deadline; can only shorten the limit for all runs.
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) include_account: IncludeAccount,
    pub(crate) keep: Keep,
    pub(crate) tags: Option<Box<Tags>>,
}

/// The result of [`Runs::cancel_all`] and [`Runs::cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancelResult {
    Requested,
    /// The class cannot be cancelled.
    NotSupported,
    /// No run has the id.
    Unknown,
    /// The run with the id has ended.
    Ended,
}

/// A timeout of a hundred years or more counts as no timeout.
const NO_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Time limit for asking an instance for its config.
const LIVE_CONFIG: Duration = Duration::from_millis(50);

impl Runs {
    /// Runs of `class`, each at most as long as `timeout`, including its time in the queue.
    pub(crate) fn new(
        class: Class,
        bounds: Bounds,
        timeout: Option<Duration>,
        threads: CallThreads,
        listeners: Listeners,
    ) -> Self {
        let Listeners {
            wedged,
            plugin_thread,
            own_threads,
            cleaned_up,
            first_lane,
            drain,
            drain_mode,
        } = listeners;
        let lanes = threads.lanes.unwrap_or(class.info().lanes);
        // A class that is called on a thread of the embedder is called there only.
        let io_threads = threads.io_threads.filter(|_| first_lane.is_none());
        let cell = Arc::new(InstanceCell::new(class));
        let cancel_thread = Arc::new(cancel_thread(plugin_thread.clone()));
        let probes = Probes::new(Arc::clone(&cell), plugin_thread.clone());
        let scheduler = Scheduler::new(cell, bounds, plugin_thread, wedged, own_threads);
        let scheduler = scheduler.with_io_threads(io_threads, lanes);
        let pool = Pool::new(scheduler, first_lane);
        let drain = Arc::new(Drain::new(drain_mode, drain, &pool));
        Self {
            pool: Arc::new(pool),
            timeout,
            memory: None,
            canary: None,
            tracing: Tracing::default(),
            probes,
            cancel_thread,
            on_cleaned_up: Mutex::new(cleaned_up),
            drain,
        }
    }

    /// Makes this call from time to time.
    pub(crate) fn with_canary(self, canary: Option<Canary>) -> Self {
        let cancel_thread = || Arc::clone(&self.cancel_thread);
        let timer = canary.map(|canary| CanaryTimer::new(canary, self.timeout, cancel_thread()));
        let canary = timer.as_ref().map(|timer| Arc::clone(timer.verdict()));
        self.pool.set_canary(timer);
        Self { canary, ..self }
    }

    /// Admits no run while `memory` is closed.
    pub(crate) fn with_memory_gate(self, memory: Option<MemoryGate>) -> Self {
        Self { memory, ..self }
    }

    pub(crate) fn with_tracing(self, tracing: Tracing) -> Self {
        Self { tracing, ..self }
    }

    /// Time since the plugin was last at work: zero while anything is queued or running, `None` if
    /// nothing has ever run.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        self.pool.read(|engine| engine.idle_for(Instant::now()))
    }

    /// Upper bound of the runs that are queued or running.
    pub(crate) fn max_runs(&self) -> usize {
        self.pool.read(|engine| engine.max_runs())
    }

    pub(crate) fn own_threads(&self) -> &OwnThreads {
        self.pool.own_threads()
    }

    pub(crate) fn info(&self) -> &ClassInfo {
        self.pool.class_info()
    }

    /// The config in force, as JSON.
    ///
    /// A class may say that its instances change it: then an instance is asked while nothing runs.
    pub(crate) async fn config(&self) -> Bytes {
        let is_live = self.info().live_config;
        if is_live && self.pool.read(|engine| engine.at_work() == 0) {
            return self.probes.config(LIVE_CONFIG).await;
        }
        self.pool.cell().config()
    }

    /// The options of the config; `None` if the plugin takes longer than `limit`.
    pub(crate) async fn config_options(
        &self,
        limit: Duration,
    ) -> Result<Option<ConfigOptionsReply>, SpawnError> {
        self.probes.config_options(limit).await
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.pool.read(|engine| engine.is_draining())
    }

    /// Whether no run is admitted any more.
    fn is_closed(&self) -> bool {
        self.pool.read(|engine| engine.is_closed())
    }

    pub(crate) fn counts(&self) -> Counts {
        self.pool.read(|engine| engine.counts())
    }

    /// The figures that the run which ended last reported; `None` if it reported none.
    pub(crate) fn last_usage(&self) -> Option<Usage> {
        let usage = self.pool.read(|engine| engine.last_ended().map(Run::current_usage));
        usage.filter(|usage| !usage.is_empty())
    }

    /// All live runs and the most recent ended ones, newest first.
    pub(crate) fn reports(&self) -> Vec<RunReport> {
        let (now, snapshots) = (Instant::now(), self.pool.read(|engine| engine.snapshots()));
        snapshots.iter().map(|snapshot| RunReport::new(snapshot, self.info(), now)).collect()
    }

    pub(crate) fn report_of(&self, snapshot: &Snapshot) -> RunReport {
        RunReport::new(snapshot, self.info(), Instant::now())
    }

    /// The newest run with the id `id`.
    pub(crate) fn report(&self, id: &str) -> Option<RunReport> {
        let snapshot = self.pool.read(|engine| engine.find(id))?;
        Some(self.report_of(&snapshot))
    }

    /// The progress of the newest run with the id `id`.
    pub(crate) fn progress(&self, id: &str) -> Option<ProgressReport> {
        let snapshot = self.pool.read(|engine| engine.find(id))?;
        Some(ProgressReport::new(&snapshot.run, snapshot.busy_since(), Instant::now()))
    }

    /// The progress of an instance that is being created and has reported some; else that of the
    /// newest run, or its last values if it has ended.
    pub(crate) fn newest_progress(&self) -> ProgressReport {
        if let Some((started_at, progress)) = self.pool.cell().construction_progress() {
            return ProgressReport::of_construction(started_at, progress, Instant::now());
        }
        let newest = self.pool.read(|engine| engine.newest());
        let report = newest.map(|(run, since)| ProgressReport::new(&run, since, Instant::now()));
        report.unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn newest_run(&self) -> Option<Arc<Run>> {
        self.pool.read(|engine| engine.newest()).map(|(run, _)| run)
    }

    /// Admits a run with one answer.
    pub(crate) fn execute(&self, request: RunRequest) -> Result<PendingRun<Answer>, Failure> {
        self.admit(request, Output::answer(Operation::Execute))
    }

    /// Admits a run of an extension of the plugin.
    pub(crate) fn extension(
        &self,
        name: &'static str,
        request: RunRequest,
    ) -> Result<PendingRun<Answer>, Failure> {
        self.admit(request, Output::answer(Operation::Extension(name)))
    }

    /// Admits a run with a stream of lines.
    pub(crate) fn stream(
        &self,
        request: RunRequest,
        framing: Framing,
    ) -> Result<PendingRun<()>, Failure> {
        if request.keep.is_yes() {
            return self.kept_stream(request, framing);
        }
        self.admit(request, Output::stream(framing))
    }

    /// Admits a run of the plugin's prefetch.
    pub(crate) fn prefetch(
        &self,
        request: RunRequest,
    ) -> Result<PendingRun<PrefetchResult>, Failure> {
        self.admit(request, Output::prefetch())
    }

    fn admit<T>(
        &self,
        request: RunRequest,
        (output, reply): (Output, oneshot::Receiver<Reply<T>>),
    ) -> Result<PendingRun<T>, Failure> {
        let (run, job) = self.prepare(request, output)?;
        match self.pool.admit(&run, job) {
            Ok(key) => Ok(PendingRun::new(Arc::clone(&self.pool), run, key, reply)),
            Err(error) => Err(Failure::new(error.into_run_error(run.id()), self.info())),
        }
    }

    /// A run that can be admitted, and its job.
    fn prepare(&self, request: RunRequest, output: Output) -> Result<(Arc<Run>, Job), Failure> {
        if let Some(pressure) = self.pressure().filter(|_| !self.is_closed()) {
            return Err(Failure::new(RunError::Pressure(pressure), self.info()));
        }
        let threads = self.pool.start_threads();
        threads.map_err(|error| Failure::new(error.into(), self.info()))?;
        let admitted_at = Timestamp::now();
        let timeout = self.timeout.into_iter().chain(request.timeout).min();
        let timeout = timeout.filter(|timeout| *timeout < NO_TIMEOUT);
        let deadline = timeout.and_then(|timeout| admitted_at.at.checked_add(timeout));
        let RunRequest { on_disconnect, include_account, keep, .. } = request;
        let has_chosen_id = request.id.is_some();
        let options = RunOptions { deadline, on_disconnect, include_account, has_chosen_id, keep };
        let id = request.id.unwrap_or_else(id::generate);
        let tags = self.tracing.complete(request.tags);
        let mut run = Run::new(id, options, admitted_at, request.body.len(), output);
        run.set_callbacks_on(&self.cancel_thread);
        run.set_tags(tags);
        Ok((Arc::new(run), Job::Call(request.body)))
    }

    /// Whether the process tree holds too much memory for another run.
    pub(crate) fn pressure(&self) -> Option<Pressure> {
        self.memory.as_ref()?.pressure()
    }

    /// Logs whether too much memory is held, of which `held_mib` was just measured.
    pub(crate) fn note_memory(&self, held_mib: Option<f64>) {
        if let (Some(memory), Some(held_mib)) = (&self.memory, held_mib) {
            let _ = memory.pressure_at(held_mib);
        }
    }

    /// Cancels every run that is queued or running now.
    pub(crate) fn cancel_all(&self) -> CancelResult {
        if !self.info().cancellable {
            return CancelResult::NotSupported;
        }
        let cancel = CancelReason::Cancel;
        self.pool.update_and_notify(|engine, now| ((), engine.cancel_all(cancel, now)));
        CancelResult::Requested
    }

    /// Cancels one run.
    pub(crate) fn cancel(&self, id: &str) -> CancelResult {
        let (target, live) = if self.info().cancellable {
            let target = self.pool.update_and_notify(|engine, now| engine.cancel_id(id, now));
            (target, CancelResult::Requested)
        } else {
            let target = self.pool.read(|engine| engine.cancel_target(id));
            (target, CancelResult::NotSupported)
        };
        match target {
            CancelTarget::Live(_) => live,
            CancelTarget::Ended => CancelResult::Ended,
            CancelTarget::Unknown => CancelResult::Unknown,
        }
    }
}

/// The thread that calls the plugin's cancel callbacks.
fn cancel_thread(listener: ThreadListener) -> CancelThread {
    CancelThread::new(move |received: mpsc::Receiver<Arc<CancelCallbacks>>| {
        let on_thread = listener.clone();
        plugin_thread::spawn("cancel-callbacks".to_owned(), &listener, move || {
            for callbacks in received {
                on_thread.notify(PluginThreadEvent::ProbeStarted("on_cancel"));
                callbacks.call();
                on_thread.notify(PluginThreadEvent::Idle);
            }
        })
    })
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").field("pool", &self.pool).finish_non_exhaustive()
    }
}
