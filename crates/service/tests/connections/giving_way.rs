//! Connections that give way at the limit.

use std::time::Duration;

use crate::server::{Client, Server};

const HANG: &str = "GET /hang HTTP/1.1\r\nhost: x\r\n\r\n";
const NOW: &str = "GET /now HTTP/1.1\r\nhost: x\r\n\r\n";
const HALF_BODY: &str = "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n123";

async fn is_answered(client: &mut Client) -> bool {
    client.sent_so_far().await.starts_with("HTTP/1.1 200")
}

#[tokio::test(start_paused = true)]
async fn the_one_without_progress_for_the_longest_time_gives_way() {
    let chunks = "POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n9\r\n12";
    let pipelined = NOW.repeat(60);
    for lazy in
        ["", "\r\n", "GET /no", HALF_BODY, chunks, &pipelined, "GET /large HTTP/1.0\r\n\r\n"]
    {
        let server = Server::with_places(3);
        let mut clients =
            [server.send(lazy).await, server.send(lazy).await, server.send(lazy).await];
        // They stay, as the service works for them.
        let _first = server.send(HANG).await;
        let _second = server.send(HANG).await;
        let [oldest, older, newest] = &mut clients;
        assert!(oldest.is_closed().await && older.is_closed().await, "{lazy}");
        // A response of HTTP/1.0 ends with its connection.
        assert!(lazy.contains("HTTP/1.0") || !newest.is_closed().await, "{lazy}");
        let mut third = server.send(NOW).await;
        assert!(is_answered(&mut third).await, "{lazy}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_ones_come_first_and_streams_last() {
    let server = Server::with_places(3);
    let mut stream = server.send("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut upload = server.send(HALF_BODY).await;
    let mut idle = server.send("").await;
    let _first = server.send(HANG).await;
    assert!(idle.is_closed().await && !upload.is_closed().await);
    let _second = server.send(HANG).await;
    assert!(upload.is_closed().await);
    assert!(stream.sent_so_far().await.starts_with("HTTP/1.1 200"));
    // It was read, and is not read again.
    stream.settle().await;
    let _third = server.send(HANG).await;
    assert!(stream.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn those_that_the_service_works_for_never_give_way() {
    let server = Server::with_places(2);
    let mut hanging = server.send(HANG).await;
    let mut slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut waiting = server.send(NOW).await;
    assert!(!is_answered(&mut waiting).await);
    // Once the slow one has its response, it is idle.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(is_answered(&mut waiting).await);
    assert!(slow.rest().await.starts_with("HTTP/1.1 200"));
    assert!(!hanging.is_closed().await);

    // The service works, and has dropped the body that has not arrived.
    let server = Server::with_places(1);
    let without_body = "POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n";
    let mut slow = server.send(without_body).await;
    let mut waiting = server.send(NOW).await;
    assert!(!is_answered(&mut waiting).await);
    assert!(slow.rest().await.starts_with("HTTP/1.1 200"));

    // The place of one that ends is free.
    let server = Server::with_places(1);
    let hanging = server.send(HANG).await;
    let mut waiting = server.send(NOW).await;
    assert!(!is_answered(&mut waiting).await);
    drop(hanging);
    waiting.settle().await;
    assert!(is_answered(&mut waiting).await);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_arrives_in_a_burst_of_connections_is_read() {
    let server = Server::with_places(3);
    let mut first = server.connect().await;
    first.send(HANG).await;
    let mut others = Vec::new();
    for _ in 0..9 {
        others.push(server.connect().await);
    }
    first.settle().await;
    first.settle().await;
    let mut last = server.send(NOW).await;
    assert!(is_answered(&mut last).await && !first.is_closed().await);
}
