//! Accepts connections and serves them.

mod listener;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

pub use crate::serve::listener::Listener;

/// Limits of the connections that [`serve()`] accepts.
///
/// [`WorkerService::connection_limits`](crate::WorkerService::connection_limits) returns those that fit
/// a worker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Connections that are open at once (512); more wait in the backlog of the socket.
    pub max_connections: usize,
    /// Time until the head of a request is complete, on an idle connection too (30 s).
    pub header_timeout: Duration,
    /// Time without progress of a response that its client does not read (300 s).
    pub write_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 512,
            header_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(300),
        }
    }
}

/// Serves until `shutdown` resolves, then gives responses 100 ms to finish.
///
/// The service may be a [`WorkerService`](crate::WorkerService), or one with tower layers around it.
/// The caller owns the socket and the condition to stop.
/// HTTP/1.1 only: the clients of a worker are local.
///
/// Failures of `accept` do not end it: without a free file descriptor, for example, it logs a warning
/// and tries again after 50 ms.
///
/// # Panics
/// Outside of a tokio runtime with I/O and time enabled.
pub async fn serve<L, S, B>(
    mut listener: L,
    service: S,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    // Without a timer, the timeout has no effect.
    http.timer(TokioTimer::new());
    http.header_read_timeout(limits.header_timeout);
    let places = limits.max_connections.min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(places));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (io, peer, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&mut listener, &places) => accepted,
        };
        let service = WithPeer { inner: TowerToHyperService::new(service.clone()), peer };
        let connection = http.serve_connection(TokioIo::new(io), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("connection failed: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        log::debug!("closing connections with unfinished responses");
    }
}

/// Time for responses that are ready; those of runs came before, with the end of the runs.
const GRACE: Duration = Duration::from_millis(100);

/// Time to wait when the process or the system has no room for another connection.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// Adds the peer of the connection to each request.
struct WithPeer<S, P> {
    inner: S,
    peer: Option<P>,
}

impl<S, P, B> hyper::service::Service<Request<B>> for WithPeer<S, P>
where
    S: hyper::service::Service<Request<B>>,
    P: Clone + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<B>) -> S::Future {
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        self.inner.call(request)
    }
}

async fn accept<L: Listener>(
    listener: &mut L,
    places: &Arc<Semaphore>,
) -> (L::Io, Option<L::Peer>, Option<OwnedSemaphorePermit>) {
    // Never fails: the semaphore is not closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((io, peer)) => return (io, peer, place),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                log::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// Whether accept(2) returned the error of a connection that is already gone.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
