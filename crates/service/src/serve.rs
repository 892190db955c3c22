//! Accepts connections and serves them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::service::WorkerService;

/// Serves until `shutdown` resolves, then lets open answers finish for a moment.
///
/// The caller owns the socket and the condition to stop.
/// HTTP/1.1 only: the clients are local.
pub async fn serve(
    listener: TcpListener,
    service: WorkerService,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(service.most_connections()));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let connection = http(&service).serve_connection(TokioIo::new(stream), service.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("a connection broke: {error}");
            }
            drop(place);
        });
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

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so that there always is a place sooner or later.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    log::debug!("cannot set TCP_NODELAY: {error}");
                }
                return (stream, place);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                log::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(NO_ROOM).await;
            }
        }
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
