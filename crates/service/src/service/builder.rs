//! Builds a service.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use serde_json::{Map, Value};
use universal_worker_abi::{Class, Lanes};

use crate::api::state::ApiState;
use crate::engine::Bounds;
use crate::engine::kept::KeptBounds;
use crate::instance::plugin_thread::{PluginThreadEvent, ThreadListener};
use crate::io_threads::IoThreads;
use crate::own_thread::OwnThreads;
use crate::pool::wedged::WedgedRun;
use crate::run::tags::Tracing;
use crate::runs::drain::{DrainMode, DrainReason};
use crate::runs::{CallThreads, Listeners, Runs};
use crate::service::{Guard, WorkerService};
use crate::settings::{Canary, Limits, Recycle};

/// Builds a [`WorkerService`].
pub struct Builder {
    class: Class,
    concurrency: Option<NonZeroU32>,
    threads: CallThreads,
    limits: Limits,
    recycle: Recycle,
    canary: Option<Canary>,
    tracing: Tracing,
    health_extra: Map<String, Value>,
    listeners: Listeners,
}

/// Ended runs that can be read.
const HISTORY: usize = 64;

impl WorkerService {
    /// Builds a service over an open class: one from the loader, or from
    /// `universal_worker_plugin::in_process`.
    #[must_use]
    pub fn builder(class: Class) -> Builder {
        Builder {
            class,
            concurrency: None,
            threads: CallThreads::default(),
            limits: Limits::default(),
            recycle: Recycle::default(),
            canary: None,
            tracing: Tracing::default(),
            health_extra: Map::new(),
            listeners: Listeners::default(),
        }
    }
}

impl Builder {
    /// Maximum number of concurrent runs; `None`, the default, for the number that the class
    /// declares.
    #[must_use]
    pub fn concurrency(mut self, concurrency: Option<NonZeroU32>) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Lets calls run on these I/O threads, too, as [`lanes`](Self::lanes) says; without them, all calls
    /// have threads of the plugin.
    ///
    /// A class of the same program must not block on a future there, which tokio does not allow on its
    /// threads; its calls have threads of the plugin unless it, or [`lanes`](Self::lanes), says
    /// otherwise.
    #[must_use]
    pub fn io_threads(mut self, threads: &IoThreads) -> Self {
        self.threads.io_threads = Some(threads.clone());
        self
    }

    /// Which threads execute calls; `None`, the default, for what the class declares.
    #[must_use]
    pub fn lanes(mut self, lanes: Option<Lanes>) -> Self {
        self.threads.lanes = lanes;
        self
    }

    /// Limits of what clients may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes a call by itself from time to time, to see whether the plugin still works; `None`, the
    /// default, for none.
    ///
    /// While the last one failed, `/ready` is 503 with the status `unhealthy`.
    #[must_use]
    pub fn canary(mut self, canary: Option<Canary>) -> Self {
        self.canary = canary;
        self
    }

    /// Which runs belong to a trace; by default those whose request has a valid `traceparent`.
    #[must_use]
    pub fn tracing(mut self, tracing: Tracing) -> Self {
        self.tracing = tracing;
        self
    }

    /// Further members of the response to `/health`; `status`, `pid`, `name` and `version` stay.
    #[must_use]
    pub fn health_extra(mut self, members: Map<String, Value>) -> Self {
        self.health_extra = members;
        self
    }

    /// Sets a callback for each run that is still running after its cancel grace
    /// ([`Limits::cancel_grace`]).
    ///
    /// It runs on the thread that keeps deadlines, and delays them while it runs.
    /// It may add the stack of the run to its report ([`WedgedRun::attach_stack`]).
    #[must_use]
    pub fn on_wedged(mut self, callback: impl Fn(&WedgedRun) + Send + Sync + 'static) -> Self {
        self.listeners.wedged = Some(Box::new(callback));
        self
    }

    /// Sets a callback for events on the threads that run plugin code.
    ///
    /// It runs on these threads, and delays the plugin while it runs.
    /// Use it to set up a thread, or to know what was running when the process crashes.
    #[must_use]
    pub fn on_plugin_thread(
        mut self,
        callback: impl Fn(&PluginThreadEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.listeners.plugin_thread = ThreadListener::new(callback);
        self
    }

    /// Sets a callback for threads of the service that run no plugin code, such as the one that keeps
    /// deadlines.
    ///
    /// Each of these threads calls it once, with its work, which it must run.
    /// Use it to set up such a thread, and to know when it ends.
    #[must_use]
    pub fn on_own_thread(
        mut self,
        callback: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static,
    ) -> Self {
        self.listeners.own_threads = OwnThreads::new(callback);
        self
    }

    /// Makes a thread that exists already the first lane: it runs the given work, which returns when
    /// no handle of the service is left and nothing is left to do.
    ///
    /// `initialize` and the cleanup of the plugin then run there only, and runs whenever it is free;
    /// other lanes start when it is busy.
    /// [`build`](Self::build) calls `first_lane`, which must return at once and not drop the work.
    #[must_use]
    pub fn first_lane(
        mut self,
        first_lane: impl FnOnce(Box<dyn FnOnce() + Send>) + Send + 'static,
    ) -> Self {
        self.listeners.first_lane = Some(Box::new(first_lane));
        self
    }

    /// Sets a callback for the end of [`WorkerService::stop`]: the plugin is cleaned up for the last
    /// time.
    ///
    /// It runs on the thread of the cleanup, and counts as a part of it.
    #[must_use]
    pub fn on_cleaned_up(mut self, callback: impl FnOnce() + Send + 'static) -> Self {
        self.listeners.cleaned_up = Some(Box::new(callback));
        self
    }

    /// Sets a callback for the moment when the service drains by itself: a client has asked for it
    /// (`POST /drain`), or a limit of [`recycle`](Self::recycle) is reached.
    ///
    /// It is called once, on a thread of the service, and must not block.
    /// Without it the service drains as well, and serves until it is stopped.
    #[must_use]
    pub fn on_drain(mut self, callback: impl Fn(&DrainReason) + Send + Sync + 'static) -> Self {
        self.listeners.drain = Some(Box::new(callback));
        self
    }

    /// Which runs are admitted during a drain; none, by default.
    #[must_use]
    pub fn drain_mode(mut self, mode: DrainMode) -> Self {
        self.listeners.drain_mode = mode;
        self
    }

    /// When the service drains because it has done its share.
    #[must_use]
    pub fn recycle(mut self, recycle: Recycle) -> Self {
        self.recycle = recycle;
        self
    }

    /// Builds the service; threads for the plugin start with its first run.
    #[must_use]
    pub fn build(self) -> WorkerService {
        let lanes = self.concurrency.map_or(self.class.info().concurrency, NonZeroU32::get);
        let lanes = usize::try_from(lanes).unwrap_or(usize::MAX);
        let bounds = Bounds {
            lanes: lanes.max(1),
            queue: self.limits.queue,
            cancel_grace: self.limits.cancel_grace,
            history: HISTORY,
            kept: KeptBounds {
                room: self.limits.keep_results,
                ttl: self.limits.result_ttl,
                ..KeptBounds::default()
            },
        };
        let runs =
            Runs::new(self.class, bounds, self.limits.run_timeout, self.threads, self.listeners);
        let runs = runs.with_canary(self.canary).with_tracing(self.tracing);
        let state = ApiState::new(runs, self.limits, self.recycle, self.health_extra);
        WorkerService { state: Arc::new(state), guard: Guard::Loopback }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, concurrency, threads, limits, recycle, canary, tracing, .. } = self;
        let mut builder = f.debug_struct("Builder");
        builder.field("class", class).field("concurrency", concurrency).field("threads", threads);
        builder.field("limits", limits).field("recycle", recycle).field("canary", canary);
        builder.field("tracing", tracing).finish_non_exhaustive()
    }
}
