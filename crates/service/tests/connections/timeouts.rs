//! Clients that take too long.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
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

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_a_head_begins_with_the_end_of_the_last_response() {
    let mut limits = limits();
    limits.header_timeout = Duration::from_secs(3);
    let server = Server::start(limits);
    let mut client = server.send("").await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        // Its response takes five seconds.
        client.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(client.sent_so_far().await.starts_with("HTTP/1.1 200"));
    }
    client.send("GET /now HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.sent_so_far().await.starts_with("HTTP/1.1 200"));
    let start = Instant::now();
    assert_eq!(client.rest().await, "");
    assert_eq!(start.elapsed().as_secs_f64().round(), 3.0);
}

/// Sends a head, and then `piece` again and again, until the worker answers.
async fn trickle(head: &str, piece: &str, pause: u64) -> (String, u64) {
    let server = Server::worker();
    let start = Instant::now();
    let client = server.send(&format!("POST /cancel HTTP/1.1\r\nhost: localhost\r\n{head}")).await;
    let (mut reads, mut writes) = tokio::io::split(client.0);
    let piece = piece.to_owned();
    let writing = tokio::spawn(async move {
        while writes.write_all(piece.as_bytes()).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    });
    let mut response = vec![0; 4096];
    let length = reads.read(&mut response).await.unwrap();
    writing.abort();
    response.truncate(length);
    (String::from_utf8(response).unwrap(), start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_body_has_a_time_limit_without_a_byte_of_content() {
    let chunked = "transfer-encoding: chunked\r\n\r\n";
    let trailers = format!("{chunked}0\r\n");
    let half = format!("{chunked}5\r\n{{");
    for (head, piece) in [
        ("content-length: 5\r\n\r\n{", ""),
        // The length of a chunk, its extension, and trailers, none of which ends.
        (chunked, "0"),
        (&format!("{chunked}5;"), "x"),
        (&trailers, "x"),
        (&trailers, "a: b\r\n"),
        (&half, ""),
    ] {
        let (response, after) = trickle(head, piece, 5).await;
        assert!(response.starts_with("HTTP/1.1 408"), "{head}{piece}: {response}");
        assert!(response.contains("connection: close"), "{response}");
        assert_eq!(after, 30, "{head}{piece}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_may_take_any_time_if_its_bytes_keep_coming() {
    let (response, after) = trickle("content-length: 10\r\n\r\n", " ", 29).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(after, 9 * 29);
    let chunked = "transfer-encoding: chunked\r\n\r\nA\r\n";
    let (response, after) = trickle(chunked, "x", 29).await;
    // The chunk has no end.
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    assert_eq!(after, 10 * 29);
}
