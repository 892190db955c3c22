//! `serve` with layers, and with listeners of its own.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::io;
use std::os::unix::fs::MetadataExt;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tower_layer::Layer;
use universal_worker_service::{
    Accepted, ConnectionLimits, Listener, SameUser, SameUserLayer, WorkerService,
    background_context, serve,
};

/// A listener whose connections stay within the process.
struct InProcess(mpsc::Receiver<DuplexStream>);

impl Listener for InProcess {
    type Io = DuplexStream;
    type Peer = &'static str;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        Ok(self.0.recv().await.map(|stream| (stream, Some("a test"))))
    }
}

fn hello() -> WorkerService {
    let class = universal_worker_plugin::in_process::<hello::Hello>(background_context());
    WorkerService::builder(class.unwrap()).build()
}

/// Requests `/health` with the header `host`, or without one.
async fn health(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: Option<&str>,
) -> (StatusCode, Bytes) {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(io)).await.unwrap();
    tokio::spawn(connection);
    let request =
        host.into_iter().fold(Request::get("/health"), |it, host| it.header("host", host));
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_unix_socket_is_for_the_processes_of_one_user() {
    let directory = tempfile::tempdir().unwrap();
    for (name, other_user, expected) in
        [("own", 0, StatusCode::OK), ("other", 1, StatusCode::FORBIDDEN)]
    {
        let path = directory.path().join(name);
        let listener = UnixListener::bind(&path).unwrap();
        let uid = path.metadata().unwrap().uid() + other_user;
        let service = SameUserLayer::new(uid).layer(hello());
        let limits = ConnectionLimits::default();
        tokio::spawn(serve(listener, service, limits, std::future::pending()));
        let stream = UnixStream::connect(&path).await.unwrap();
        let (status, body) = health(stream, Some("evil.example")).await;
        assert_eq!(status, expected);
        let is_rejected = body.starts_with(b"{\"detail\":\"the socket is for processes of");
        assert_eq!(is_rejected, expected == StatusCode::FORBIDDEN, "{body:?}");
    }
}

#[tokio::test]
async fn any_listener_can_be_served() {
    let (connections, accepted) = mpsc::channel(1);
    let limits = ConnectionLimits::default();
    tokio::spawn(serve(InProcess(accepted), hello(), limits, std::future::pending()));
    let (client, server) = tokio::io::duplex(4096);
    connections.send(server).await.unwrap();
    // Its peer is not from a Unix socket, so the host is checked.
    assert_eq!(health(client, Some("evil.example")).await.0, StatusCode::FORBIDDEN);
    let (client, server) = tokio::io::duplex(4096);
    connections.send(server).await.unwrap();
    assert_eq!(health(client, Some("localhost")).await.0, StatusCode::OK);
    let (client, server) = tokio::io::duplex(4096);
    connections.send(server).await.unwrap();
    assert_eq!(health(client, None).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn requests_without_a_unix_peer_are_not_of_the_same_user() {
    let (connections, accepted) = mpsc::channel(1);
    let service = SameUser::new(hello(), 0);
    let limits = ConnectionLimits::default();
    tokio::spawn(serve(InProcess(accepted), service, limits, std::future::pending()));
    let (client, server) = tokio::io::duplex(4096);
    connections.send(server).await.unwrap();
    assert_eq!(health(client, Some("localhost")).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn serve_ends_when_the_caller_says_so() {
    let (_connections, accepted) = mpsc::channel(1);
    serve(InProcess(accepted), hello(), ConnectionLimits::default(), async {}).await;
}

#[tokio::test]
async fn several_listeners_are_served_until_the_last_one_ends() {
    let (first, accepted) = mpsc::channel(1);
    let (second, also_accepted) = mpsc::channel(1);
    let listeners = vec![InProcess(accepted), InProcess(also_accepted)];
    let limits = ConnectionLimits::default();
    let server = tokio::spawn(serve(listeners, hello(), limits, std::future::pending()));
    for connections in [&first, &second, &first] {
        let (client, server) = tokio::io::duplex(4096);
        connections.send(server).await.unwrap();
        assert_eq!(health(client, Some("localhost")).await.0, StatusCode::OK);
    }
    drop(first);
    let (client, connection) = tokio::io::duplex(4096);
    second.send(connection).await.unwrap();
    assert_eq!(health(client, Some("localhost")).await.0, StatusCode::OK);
    drop(second);
    server.await.unwrap();
}
