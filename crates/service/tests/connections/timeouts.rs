//! Clients that take too long.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use universal_worker_service::ConnectionLimits;

use crate::server::{LARGE, Server};

const LARGE_REQUEST: &str = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";

fn limits() -> ConnectionLimits {
    let mut limits = ConnectionLimits::default();
    limits.write_timeout = Duration::from_secs(10);
    limits.header_timeout = Duration::from_secs(100);
    limits
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_dropped() {
    let server = Server::start(limits());
    for request in [LARGE_REQUEST, "GET /stream HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut client = server.send(request).await;
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert!(client.rest().await.len() < LARGE);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_little_is_not_dropped() {
    let server = Server::start(limits());
    let mut client = server.send(LARGE_REQUEST).await;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(9)).await;
        client.0.read_exact(&mut [0; 100]).await.unwrap();
    }
    let mut rest = vec![0; LARGE - 30 * 100];
    client.0.read_exact(&mut rest).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_head_has_a_time_limit_however_its_bytes_arrive() {
    let server = Server::start(limits());
    let start = Instant::now();
    let mut client = server.send("GET /now HTTP/1.1\r\n").await;
    let (mut reads, mut writes) = tokio::io::split(client.0);
    let writing = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while writes.write_all(b"a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(9)).await;
        }
    });
    reads.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 100);
    writing.await.unwrap();

    // A silent connection, and one that is idle after a response.
    let mut silent = server.send("").await;
    let mut idle = server.send("GET /now HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let start = Instant::now();
    silent.rest().await;
    assert!(idle.rest().await.starts_with("HTTP/1.1 200"));
    assert_eq!(start.elapsed().as_secs(), 99);
    client = server.send("GET /now HTTP/1.0\r\n\r\n").await;
    assert!(client.rest().await.starts_with("HTTP/1.0 200"));
}
