//! Accepts connections and serves them.

mod acceptor;
mod bodies;
mod call;
mod connections;
mod head_deadline;
mod io;
mod linger;
mod listener;
mod requests;
mod shutdown;

use std::cell::RefCell;
use std::error::Error as StdError;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use crate::connection;
use crate::io_threads::ready::Counted;
use crate::serve::acceptor::Acceptor;
use crate::serve::connections::Connections;
use crate::serve::io::Io;
use crate::serve::requests::Requests;
use crate::serve::shutdown::Shutdown;

pub use crate::serve::bodies::RequestBody;
pub use crate::serve::listener::Accepted;
pub use crate::serve::listener::Listener;

/// Limits of the connections that [`serve()`] accepts.
///
/// [`WorkerService::connection_limits`](crate::WorkerService::connection_limits) returns those that fit
/// a worker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Connections that are open at once (512), at least one. At the limit, those that do nothing are
    /// closed for new ones; if there are none, new ones wait.
    pub max_connections: usize,
    /// Time until the head of a request is complete, on an idle connection too (30 s).
    pub header_timeout: Duration,
    /// Time without progress of a response that its client does not read (300 s); then the connection
    /// is closed.
    pub write_timeout: Duration,
    /// Time for open responses at the shutdown (100 ms); those of runs come with the end of the runs.
    pub shutdown_grace: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 512,
            header_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(300),
            shutdown_grace: Duration::from_millis(100),
        }
    }
}

/// Serves until `shutdown` resolves, then closes idle connections, and gives responses
/// [`shutdown_grace`](ConnectionLimits::shutdown_grace) to finish.
///
/// The service may be a [`WorkerService`](crate::WorkerService), or one with tower layers around it.
/// The caller owns the socket and the condition to stop.
/// HTTP/1.1 only: the clients of a worker are local.
///
/// Once the listener has ended, responses close their connections, and `serve` returns when none is
/// left.
///
/// At the limit of connections, and when the process or the system has no room for another one, the
/// connection that gives way is one without a request, or else one whose client keeps the service
/// waiting: it does not send the rest of its request, or does not read its response.
/// Among those it is the one that has made no progress for the longest time.
/// A connection is never closed while the service works for it.
///
/// Other failures of `accept` do not end it: it logs a warning, and tries again after 50 ms.
///
/// When it returns, or is dropped, all connections are closed.
///
/// # Panics
/// Outside of a tokio runtime with I/O and time enabled.
pub async fn serve<L, S, B>(
    listener: L,
    service: S,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) where
    L: Listener,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let serving = async {
        let mut http = http1::Builder::new();
        // `Io` has this limit.
        http.header_read_timeout(None);
        let shutting_down = Arc::new(Shutdown::default());
        let keep_alive = keep_alive(limits.header_timeout);
        let grace = limits.shutdown_grace;
        let mut connections = Connections::new(limits.max_connections);
        let drives = Arc::clone(&shutting_down);
        let open = move |connections: &mut Connections, io, peer| {
            let state = connections.create();
            let io = Io::new(io, Arc::clone(&state), &limits);
            let requests = Requests {
                service: RefCell::new(service.clone()),
                peer,
                connection: Arc::clone(&state),
                keep_alive: keep_alive.clone(),
            };
            let connection = Box::pin(http.serve_connection(TokioIo::new(io), requests));
            let task = drive(connection, Arc::clone(&drives));
            let task = tokio::task::unconstrained(connection::scope(Arc::clone(&state), task));
            connections.spawn(state, Counted::new(task));
        };
        let mut shutdown = pin!(shutdown);
        let mut acceptor = Acceptor::new(listener);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = acceptor.next(&mut connections) => accepted,
            };
            let Some((io, peer)) = accepted else {
                connections.close();
                tokio::select! {
                    () = &mut shutdown => break,
                    () = connections.all_ended() => return,
                }
            };
            open(&mut connections, io, peer);
        }
        // Nobody else can answer one that was accepted.
        if let Some((io, peer)) = acceptor.into_waiting() {
            open(&mut connections, io, peer);
        }
        connections.close();
        shutting_down.begin();
        if tokio::time::timeout(grace, connections.all_ended()).await.is_err() {
            log::debug!("closing connections with unfinished responses");
        }
    };
    Counted::new(serving).await;
}

/// Drives a connection to its end.
async fn drive<I, S, B>(mut connection: Pin<Box<http1::Connection<I, S>>>, shutdown: Arc<Shutdown>)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let ended = shutdown.watch(connection.as_mut(), http1::Connection::graceful_shutdown);
    if let Err(error) = ended.await {
        log::debug!("connection failed: {error}");
    }
}

/// The value of the header `Keep-Alive`, unless the time is below a second.
fn keep_alive(idle_timeout: Duration) -> Option<HeaderValue> {
    let seconds = idle_timeout.as_secs();
    let value = HeaderValue::from_str(&format!("timeout={seconds}")).ok();
    value.filter(|_| seconds > 0)
}
