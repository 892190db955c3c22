//! Responses before the body was read.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use universal_worker_service::Access;

use crate::server::{LARGE, Server};

/// A request whose body nobody reads.
fn refused(length: usize) -> String {
    format!("POST /nope HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_client_can_finish_its_body_after_the_response() {
    let server = Server::with_places(9);
    let chunked = "POST /now HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n";
    let both = "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n";
    for (head, status) in [
        (refused(LARGE).as_str(), "404"),
        (chunked, "405"),
        // hyper's own refusals.
        ("GARBAGE\r\n\r\n", "400"),
        (both, "400"),
    ] {
        let mut client = server.send(head).await;
        for _ in 0..LARGE / 1024 {
            client.send(&"x".repeat(1024)).await;
        }
        let response = client.rest().await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
        assert!(!response.contains("keep-alive"), "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_arrived_does_not_cost_the_connection() {
    let with_host =
        |host| format!("POST /execute HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n{{}}");
    let token = Access::loopback().require_token("secret");
    for (server, request, status) in [
        (Server::with_places(9), refused(2) + "{}", 404),
        (Server::worker(), with_host("evil.example"), 403),
        (Server::worker(), with_host("a b"), 403),
        (Server::worker_with(token), with_host("localhost"), 401),
    ] {
        let mut client = server.send(&request).await;
        for _ in 0..2 {
            let response = client.sent_so_far().await;
            assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
            assert!(response.contains("keep-alive"), "{response}");
            client.send(&request).await;
            client.settle().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_told_to_continue_did_not_get_its_response() {
    let server = Server::with_places(9);
    let expect = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
        )
    };
    let mut client = server.send(&expect("/nope")).await;
    assert!(client.sent_so_far().await.starts_with("HTTP/1.1 404"));
    let mut client = server.send(&expect("/read")).await;
    assert_eq!(client.sent_so_far().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab").await;
    client.settle().await;
    let response = client.sent_so_far().await;
    assert!(response.starts_with("HTTP/1.1 200") && response.ends_with("\r\n\r\nab"), "{response}");
    assert!(response.contains("keep-alive"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_body_is_read_for_a_bounded_time() {
    let server = Server::with_places(9);
    for (pause, expected) in [(3, 2), (1, 30)] {
        let client = server.send(&refused(LARGE)).await;
        let start = Instant::now();
        let (mut reads, mut writes) = tokio::io::split(client.0);
        // The own half of the server is closed at once.
        let mut response = String::new();
        reads.read_to_string(&mut response).await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(100) && response.contains(" 404 "));
        while writes.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((took - f64::from(expected)).abs() <= f64::from(pause as u32), "{took}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_the_rest_of_a_body() {
    let server = Server::with_places(9);
    let _client = server.send(&refused(LARGE)).await;
    let start = Instant::now();
    server.shutdown.send(()).unwrap();
    server.task.await.unwrap();
    assert!(start.elapsed() <= Duration::from_millis(110));
}
