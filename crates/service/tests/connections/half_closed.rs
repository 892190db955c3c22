//! Clients that close their half before they have the response.

use std::time::Duration;

use tokio::time::Instant;

use crate::server::{Client, LARGE, Server};

/// What the server sends until it closes the connection, which it does at once.
async fn answer(server: &Server, pieces: &[&str]) -> String {
    let (last, before) = pieces.split_last().unwrap();
    let mut client = server.send(&before.concat()).await;
    client.send(last).await;
    client.end().await;
    let start = Instant::now();
    let response = client.rest().await;
    assert!(start.elapsed() < Duration::from_secs(1), "{pieces:?}: {:?}", start.elapsed());
    response
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_at_once_is_answered() {
    let server = Server::with_places(9);
    let post = "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\n";
    let chunked = "POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    for (pieces, status, end) in [
        (&["GET /now HTTP/1.1\r\nhost: x\r\n\r\n"][..], "HTTP/1.1 200", "now"),
        (&["GET /now HTTP/1.0\r\n\r\n"], "HTTP/1.0 200", "now"),
        (&["GET /now HTTP/1.1\r\nho", "st: x\r\n\r\n"], "HTTP/1.1 200", "now"),
        (&["GET /nope HTTP/1.1\r\nhost: x\r\n\r\n"], "HTTP/1.1 404", ""),
        (&[post, "abcdef"], "HTTP/1.1 200", "abcdef"),
        (&[post, "abc", "def"], "HTTP/1.1 200", "abcdef"),
        (&[chunked, "3\r\nabc\r\n", "0\r\n\r\n"], "HTTP/1.1 200", "abc"),
        (&[post, "abc"], "HTTP/1.1 400", ""),
        (&["GARBAGE\r\n\r\n"], "HTTP/1.1 400", ""),
    ] {
        let response = answer(&server, pieces).await;
        assert!(response.starts_with(status) && response.ends_with(end), "{pieces:?}: {response}");
    }
    let pipelined = "GET /now HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3);
    let response = answer(&server, &[&pipelined]).await;
    assert_eq!(response.matches("HTTP/1.1 200").count(), 3, "{response}");
    let large = answer(&server, &["GET /large HTTP/1.1\r\nhost: x\r\n\r\n"]).await;
    assert!(large.len() > LARGE);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_knows_nothing_of_it_is_dropped() {
    let server = Server::with_places(9);
    for path in ["/hang", "/slow"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(answer(&server, &[&request]).await, "");
    }
    let mut stream: Client = server.send("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
    stream.end().await;
    // It has no end of its own.
    stream.rest().await;
}
