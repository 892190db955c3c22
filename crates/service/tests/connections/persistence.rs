//! How long connections stay open.

use std::time::Duration;

use universal_worker_service::ConnectionLimits;

use crate::server::Server;

const NOW: &str = "GET /now HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn responses_tell_how_long_an_idle_connection_is_kept() {
    let server = Server::with_places(9);
    let close = "GET /now HTTP/1.1\r\nhost: x\r\nconnection: foo, Close\r\n\r\n";
    let keep = "GET /now HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n";
    for (request, stays) in [
        (NOW, true),
        ("HEAD /now HTTP/1.1\r\nhost: x\r\n\r\n", true),
        ("GET /nope HTTP/1.1\r\nhost: x\r\n\r\n", true),
        (close, false),
        ("GET /now HTTP/1.0\r\n\r\n", false),
        (keep, true),
        // It has no length.
        ("GET /stream HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", false),
        ("GARBAGE\r\n\r\n", false),
    ] {
        let mut client = server.send(request).await;
        let response = client.sent_so_far().await;
        assert_eq!(response.contains("\r\nkeep-alive: timeout=30\r\n"), stays, "{response}");
        assert!(!response.contains("\r\nserver:"), "{response}");
        client.end().await;
        if !request.contains("/stream") {
            client.rest().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_below_a_second_is_not_told() {
    let mut limits = ConnectionLimits::default();
    limits.header_timeout = Duration::from_millis(900);
    let server = Server::start(limits);
    let response = server.send(NOW).await.sent_so_far().await;
    assert!(response.starts_with("HTTP/1.1 200") && !response.contains("keep-alive"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn after_the_listener_has_ended_each_connection_ends_with_its_next_response() {
    let server = Server::with_places(9);
    let mut idle = server.send(NOW).await;
    idle.sent_so_far().await;
    let mut fresh = server.send("").await;
    let slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    drop(server.connections);
    tokio::time::sleep(Duration::from_secs(3)).await;
    for client in [&mut idle, &mut fresh] {
        assert!(!client.is_closed().await);
        client.send(NOW).await;
    }
    for mut client in [idle, fresh, slow] {
        let response = client.rest().await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
        assert!(!response.contains("keep-alive"), "{response}");
    }
    // None is left.
    server.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_accepted_without_room_is_answered_at_the_shutdown() {
    let server = Server::with_places(1);
    let _hanging = server.send("GET /hang HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut waiting = server.send(NOW).await;
    assert_eq!(waiting.sent_so_far().await, "");
    server.shutdown.send(()).unwrap();
    server.task.await.unwrap();
    let response = waiting.rest().await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_closes_idle_connections_at_once() {
    for ends_first in [false, true] {
        let server = Server::with_places(9);
        let mut idle = server.send(NOW).await;
        idle.sent_so_far().await;
        let mut silent = server.send("").await;
        if ends_first {
            drop(server.connections);
            idle.settle().await;
        }
        let start = tokio::time::Instant::now();
        server.shutdown.send(()).unwrap();
        server.task.await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
        assert!(idle.is_closed().await && silent.is_closed().await);
    }
}
