//! Accepts connections and serves them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixListener;
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::http::access::Peer;
use crate::service::WorkerService;

/// A socket that is listened on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// Any process that can reach the address; [`Access`](crate::Access) says which hosts and origins.
    Tcp(TcpListener),
    /// Processes of one user, whoever may open the socket; others, root included, are told 403.
    Unix {
        /// The socket.
        listener: UnixListener,
        /// The user, by the effective uid when it connected (`SO_PEERCRED`, unix(7)).
        uid: u32,
    },
}

/// A connection that was accepted.
enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream, Peer),
}

/// Serves until `shutdown` resolves, then lets open answers finish for a moment.
///
/// The caller owns the socket and the condition to stop.
/// HTTP/1.1 only: the clients are local.
pub async fn serve(
    listener: impl Into<Listener>,
    service: WorkerService,
    shutdown: impl Future<Output = ()>,
) {
    let listener = listener.into();
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(service.most_connections()));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (accepted, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Accepted::Tcp(stream) => {
                spawn(stream, service.clone(), place, &graceful);
            }
            Accepted::Unix(stream, peer) => {
                spawn(stream, service.clone().for_peer(peer), place, &graceful);
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await.is_err() {
        log::debug!("connections with open answers are closed");
    }
}

/// For answers that are ready; those of runs came before, with the end of their runs.
const LAST_ANSWERS: Duration = Duration::from_millis(100);

/// How long to wait when there is no room for another connection in the process or the system.
const NO_ROOM: Duration = Duration::from_millis(50);

fn spawn<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    service: WorkerService,
    place: Option<OwnedSemaphorePermit>,
    graceful: &GracefulShutdown,
) {
    let connection = http(&service).serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            log::debug!("a connection broke: {error}");
        }
        drop(place);
    });
}

async fn accept(
    listener: &Listener,
    places: &Arc<Semaphore>,
) -> (Accepted, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so that there always is a place sooner or later.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        let accepted = match listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| tcp(stream)),
            Listener::Unix { listener, uid } => {
                listener.accept().await.map(|(stream, _)| unix(stream, *uid))
            }
        };
        match accepted {
            Ok(accepted) => return (accepted, place),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                log::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(NO_ROOM).await;
            }
        }
    }
}

fn tcp(stream: TcpStream) -> Accepted {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("cannot set TCP_NODELAY: {error}");
    }
    Accepted::Tcp(stream)
}

fn unix(stream: UnixStream, uid: u32) -> Accepted {
    let is_its_own = stream.peer_cred().is_ok_and(|peer| peer.uid() == uid);
    let peer = if is_its_own { Peer::OfTheUser } else { Peer::Stranger };
    Accepted::Unix(stream, peer)
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

/// Errors that `accept(2)` hands over from a connection that is gone already.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn http(service: &WorkerService) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Without a timer the timeout does nothing.
    http.timer(TokioTimer::new());
    http.header_read_timeout(service.limits().header_timeout);
    http
}
