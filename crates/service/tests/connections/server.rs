//! A server whose connections stay within the process, and its clients.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get, post};
use http::{Request, Response};
use hyper::body::{Bytes, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tower_service::Service;
use universal_worker_service::{
    Accepted, Access, AccessControl, ConnectionLimits, Listener, RequestBody, WorkerService,
    background_context, serve,
};

/// A listener that ends with its sender.
struct InProcess(mpsc::Receiver<DuplexStream>);

impl Listener for InProcess {
    type Io = DuplexStream;
    type Peer = Infallible;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        Ok(self.0.recv().await.map(|stream| (stream, None)))
    }
}

pub(crate) struct Server {
    pub(crate) connections: mpsc::Sender<DuplexStream>,
    pub(crate) shutdown: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<()>,
}

pub(crate) struct Client(pub(crate) DuplexStream);

/// Bytes of the response of `/large`, far more than a connection holds.
pub(crate) const LARGE: usize = 1 << 20;

/// Bytes that a connection holds in each direction.
const ROOM: usize = 4096;

/// Lines without end.
struct Endless;

impl Server {
    pub(crate) fn start(limits: ConnectionLimits) -> Self {
        Self::of(limits, routes())
    }

    /// Serves a worker's own routes.
    pub(crate) fn worker() -> Self {
        let class = universal_worker_plugin::in_process::<hello::Hello>(background_context());
        let service = WorkerService::builder(class.unwrap()).build();
        Self::of(service.connection_limits(), service)
    }

    /// Serves a worker's own routes to those that `access` admits.
    pub(crate) fn worker_with(access: Access) -> Self {
        let class = universal_worker_plugin::in_process::<hello::Hello>(background_context());
        let service = WorkerService::builder(class.unwrap()).build();
        let limits = service.connection_limits();
        Self::of(limits, AccessControl::new(service.without_access_control(), access))
    }

    fn of<S, B>(limits: ConnectionLimits, service: S) -> Self
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (connections, accepted) = mpsc::channel(16);
        let (shutdown, received) = oneshot::channel::<()>();
        let shutting_down = async {
            let _ = received.await;
        };
        let task = tokio::spawn(serve(InProcess(accepted), service, limits, shutting_down));
        Self { connections, shutdown, task }
    }

    pub(crate) fn with_places(places: usize) -> Self {
        let mut limits = ConnectionLimits::default();
        limits.max_connections = places;
        Self::start(limits)
    }

    pub(crate) async fn connect(&self) -> Client {
        let (client, server) = tokio::io::duplex(ROOM);
        self.connections.send(server).await.unwrap();
        Client(client)
    }

    /// Connects, and sends `bytes`.
    pub(crate) async fn send(&self, bytes: &str) -> Client {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.settle().await;
        client
    }
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Closes the half of the client.
    pub(crate) async fn end(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// Waits until the server waits; with the clock paused, this takes no time.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }

    /// What the server has sent so far.
    pub(crate) async fn sent_so_far(&mut self) -> String {
        let mut bytes = vec![0; ROOM];
        let read = tokio::time::timeout(Duration::from_millis(1), self.0.read(&mut bytes)).await;
        bytes.truncate(read.map_or(0, |read| read.unwrap_or(0)));
        String::from_utf8(bytes).unwrap()
    }

    /// Everything that the server sends until it closes the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = self.0.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_hours(1), read).await.expect("closed").unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Whether the server has closed the connection; reads what it sent before.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut bytes = Vec::new();
        let read = self.0.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_millis(1), read).await.is_ok()
    }
}

fn routes() -> Router {
    let slow = any(async || tokio::time::sleep(Duration::from_secs(5)).await);
    Router::new()
        .route("/now", get(async || "now"))
        .route("/slow", slow)
        .route("/hang", get(async || std::future::pending::<()>().await))
        .route("/large", get(async || "x".repeat(LARGE)))
        .route("/stream", get(async || Body::new(Endless)))
        .route("/read", post(async |body: Bytes| body))
}

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"line\n")))))
    }
}
