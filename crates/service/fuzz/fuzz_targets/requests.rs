//! Bytes of a connection, through `serve`, to a plugin.

#![no_main]

mod worker;

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use universal_worker_service::{Listener, WorkerService, serve};

use self::worker::{Echo, RUNTIME, service};

/// A listener whose connections stay within the process.
struct InProcess(mpsc::Receiver<DuplexStream>);

impl Listener for InProcess {
    type Io = DuplexStream;
    type Peer = ();

    async fn accept(&mut self) -> io::Result<Option<(DuplexStream, Option<()>)>> {
        Ok(self.0.recv().await.map(|stream| (stream, None)))
    }
}

static CONNECT: LazyLock<mpsc::Sender<DuplexStream>> = LazyLock::new(|| {
    let service: WorkerService = service::<Echo>();
    let limits = service.connection_limits();
    let (sender, receiver) = mpsc::channel(1);
    RUNTIME.spawn(serve(InProcess(receiver), service, limits, std::future::pending()));
    sender
});

/// Far longer than any response takes.
const PATIENCE: Duration = Duration::from_secs(20);

fuzz_target!(|request: &[u8]| {
    let response = RUNTIME.block_on(async { timeout(PATIENCE, exchange(request)).await });
    check(&response.expect("the connection is not closed"), request);
});

async fn exchange(request: &[u8]) -> Vec<u8> {
    let (client, server) = tokio::io::duplex(1 << 20);
    CONNECT.send(server).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(client);
    // The other side may have closed already.
    let _ = writer.write_all(request).await;
    let _ = writer.shutdown().await;
    let mut response = Vec::new();
    let _ = reader.read_to_end(&mut response).await;
    response
}

/// Checks each response; those to HEAD have a length without a body, so nothing after them is checked.
fn check(mut bytes: &[u8], request: &[u8]) {
    let has_head_requests = request.windows(4).any(|word| word == b"HEAD");
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        bytes = &bytes[end + 4..];
        let status: u16 = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
        assert!(status != 500, "{head}");
        if has_head_requests {
            return;
        }
        let header = |name| head.lines().find_map(|line| line.strip_prefix(name));
        let length: usize = header("content-length: ").map_or(0, |length| length.parse().unwrap());
        let chunked = header("transfer-encoding: ").is_some();
        if chunked {
            return;
        }
        let (body, rest) = bytes.split_at(length);
        bytes = rest;
        if length > 0 {
            let body: Value = serde_json::from_slice(body).unwrap();
            assert!(status < 400 || body["detail"].is_string(), "{body}");
        }
    }
}
