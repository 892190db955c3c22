//! The service over one plugin.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::Response;
use thiserror::Error;
use tokio::sync::Semaphore;
use universal_worker_abi::Class;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_plugin::Plugin;
use universal_worker_telemetry::Sampler;

use crate::http::access;
use crate::http::access::Peer;
use crate::http::body::Body;
use crate::http::error::HttpError;
use crate::http::handlers;
use crate::http::intake::Intake;
use crate::http::last_asked::LastAsked;
use crate::http::routes;
use crate::http::routes::Route;
use crate::http::wishes::Wishes;
use crate::outside::outside_run;
use crate::runs::Bounds;
use crate::runs::LaneEvent;
use crate::runs::Listeners;
use crate::runs::Runs;
use crate::runs::Stopped;
use crate::runs::WedgedRun;
use crate::settings::Access;
use crate::settings::Limits;

/// A plugin as an HTTP service, for hyper and tower, whatever the type of the request's body.
///
/// Clones are handles of the same service.
/// A process may have several of them; they share nothing.
#[derive(Debug, Clone)]
pub struct WorkerService {
    shared: Arc<Shared>,
    peer: Peer,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) runs: Arc<Runs>,
    pub(crate) limits: Limits,
    pub(crate) sampler: Sampler,
    access: Access,
    intake: Intake,
    asked: Arc<LastAsked>,
}

/// Makes a [`WorkerService`].
pub struct Builder {
    class: Class,
    concurrency: Option<NonZeroU32>,
    limits: Limits,
    access: Access,
    listeners: Listeners,
}

/// The plugin did not take a config.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Refusal {
    message: String,
}

/// The answer of a [`WorkerService`], on its way.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl WorkerService {
    /// Begins a service over a class that was opened, by the loader or in-process.
    #[must_use]
    pub fn builder(class: Class) -> Builder {
        Builder {
            class,
            concurrency: None,
            limits: Limits::default(),
            access: Access::default(),
            listeners: Listeners::default(),
        }
    }

    /// Begins a service over a plugin type of this program.
    ///
    /// # Errors
    /// What the plugin's `load` refuses.
    pub fn of<P: Plugin>() -> Result<Builder, Refusal> {
        Ok(Self::builder(universal_worker_plugin::in_process::<P, _>(outside_run())?))
    }

    /// What the plugin's class says of itself.
    #[must_use]
    pub fn class_info(&self) -> &ClassInfo {
        self.shared.runs.info()
    }

    /// Initialises the plugin, as `POST /initialize` does; blocks until it is done.
    ///
    /// # Errors
    /// Why the plugin refuses the config; the former one stays in force.
    ///
    /// # Panics
    /// On a thread that drives an asynchronous runtime.
    pub fn initialize(&self, config: &[u8]) -> Result<(), Refusal> {
        let change = self.shared.runs.initialize(Bytes::copy_from_slice(config));
        let change = change.map_err(|error| Refusal { message: error.to_string() })?;
        let stopping = || Refusal { message: "the service is stopping".to_owned() };
        Ok(change.blocking_done().ok_or_else(stopping)??)
    }

    /// From now on `/health` says that the worker drains, and no run is admitted.
    pub fn drain(&self) {
        self.shared.runs.drain();
    }

    /// Ends the service: drains, cancels what runs, and cleans the plugin up on a thread of its
    /// own; blocks until that is done, and at most for `grace`.
    ///
    /// Control routes answer until the caller closes their connections.
    #[must_use]
    pub fn stop(&self, grace: Duration) -> Stopped {
        self.shared.runs.stop(grace)
    }

    /// For how long nothing was asked for; zero while a run is queued, a plugin at work, or an answer
    /// not written yet.
    ///
    /// Requests for `/health`, `/ready` and `/stats` do not count: they ask how the worker is.
    #[must_use]
    pub fn idle_for(&self) -> Duration {
        let asked = self.shared.asked.ago();
        self.shared.runs.idle_for().map_or(asked, |idle| idle.min(asked))
    }

    /// The same for a connection of which it is known who is at its other end.
    pub(crate) fn for_peer(self, peer: Peer) -> Self {
        Self { peer, ..self }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Runs that wait for their turn leave room for those who ask about them.
    pub(crate) fn most_connections(&self) -> usize {
        const FOR_CONTROL: usize = 64;
        let runs = self.shared.runs.most().saturating_add(FOR_CONTROL);
        self.limits().max_connections.max(runs).min(Semaphore::MAX_PERMITS)
    }

    async fn respond<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let answer = self.shared.answer(request, self.peer).await;
        answer.unwrap_or_else(HttpError::into_response)
    }
}

impl Shared {
    async fn answer<B>(&self, request: Request<B>, peer: Peer) -> Result<Response<Body>, HttpError>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        access::check(peer, &self.access, &head.uri, &head.headers)?;
        let route = routes::find(&head.method, head.uri.path())?;
        let asked = (!route.asks_how_it_is()).then(|| self.asked.now());
        let body = async { self.intake.read(&head.headers, body).await };
        let answer = match route {
            Route::Health => handlers::health(&self.runs),
            Route::Ready => handlers::ready(self).await,
            Route::Stats => handlers::stats(self),
            Route::Runs => handlers::runs(&self.runs),
            Route::Run(id) => handlers::run(&self.runs, id),
            Route::Progress => handlers::progress(&self.runs, head.uri.query()),
            Route::ConfigSchema => handlers::config_schema(&self.runs),
            Route::Config => handlers::config(&self.runs),
            Route::ConfigOptions => handlers::config_options(self).await,
            Route::Initialize => handlers::initialize(&self.runs, body.await?).await,
            Route::Execute => {
                let wishes = Wishes::of(&head.headers)?;
                handlers::execute(&self.runs, wishes, body.await?).await
            }
            Route::Prefetch => {
                let wishes = Wishes::of(&head.headers)?;
                handlers::prefetch(&self.runs, wishes).await
            }
            Route::ExecuteStream => {
                let answer = async {
                    let wishes = Wishes::of(&head.headers)?;
                    handlers::execute_stream(&self.runs, wishes, body.await?).await
                };
                answer.await.map_err(|error| HttpError::Stream(Box::new(error)))
            }
            Route::Cancel => handlers::cancel(&self.runs, &body.await?),
            Route::CancelRun(id) => handlers::cancel_run(&self.runs, id),
            Route::Cleanup => handlers::cleanup(self).await,
        };
        Ok(answer?.map(|body| body.asked_for(asked)))
    }
}

impl Builder {
    /// How many runs there may be at once; by default what the class says.
    #[must_use]
    pub fn concurrency(mut self, concurrency: Option<NonZeroU32>) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Bounds on what clients may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Who may speak to the service.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Is told of each run that becomes wedged: that has not come back though it was asked to stop
    /// and [`Limits::cancel_grace`] is over.
    ///
    /// It is called on the thread that keeps deadlines, which waits for it.
    #[must_use]
    pub fn on_wedged(mut self, tell: impl Fn(&WedgedRun) + Send + Sync + 'static) -> Self {
        self.listeners.wedged = Some(Box::new(tell));
        self
    }

    /// Is told of what the plugin's threads begin and end, on these threads and while they wait: for
    /// what has to be set up in a thread, and for who must know what runs when the process crashes.
    #[must_use]
    pub fn on_lane(mut self, tell: impl Fn(&LaneEvent<'_>) + Send + Sync + 'static) -> Self {
        self.listeners.lane = Some(Box::new(tell));
        self
    }

    /// Makes the service; threads for the plugin come with its first run.
    #[must_use]
    pub fn build(self) -> WorkerService {
        let lanes = self.concurrency.map_or(self.class.info().concurrency, NonZeroU32::get);
        let lanes = usize::try_from(lanes).unwrap_or(usize::MAX);
        let bounds = Bounds {
            lanes: lanes.max(1),
            queue: self.limits.queue,
            cancel_grace: self.limits.cancel_grace,
            kept: RUNS_KEPT,
        };
        let runs = Runs::new(self.class, bounds, self.limits.run_timeout, self.listeners);
        let shared = Shared {
            runs: Arc::new(runs),
            sampler: Sampler::new(std::process::id()),
            access: self.access,
            asked: Arc::default(),
            intake: Intake::new(&self.limits),
            limits: self.limits,
        };
        WorkerService { shared: Arc::new(shared), peer: Peer::default() }
    }
}

/// Runs that can be read after their end.
const RUNS_KEPT: usize = 64;

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, concurrency, limits, access, listeners: _ } = self;
        let mut builder = f.debug_struct("Builder");
        builder.field("class", class).field("concurrency", concurrency);
        builder.field("limits", limits).field("access", access).finish_non_exhaustive()
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { message: fault.message }
    }
}

impl<B> hyper::service::Service<Request<B>> for WorkerService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<B>) -> ResponseFuture {
        let respond = self.clone().respond(request);
        Box::pin(async { Ok(respond.await) })
    }
}

impl<B> tower_service::Service<Request<B>> for WorkerService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        hyper::service::Service::call(&*self, request)
    }
}
