//! Many connections, and responses before the body was read.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::raw::{Raw, get, post};
use crate::support::{Started, Worker};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

#[tokio::test]
async fn without_file_descriptors_idle_connections_give_way() {
    let request = post("/execute", &[], "{}");
    let half_body = &request[..request.len() - 1];
    for lazy in [&b""[..], b"GET /hea", &get("/health"), half_body] {
        let mut worker = Started::by_shell("ulimit -n 64; exec \"$@\"", &PLUGIN);
        let port = worker.url().rsplit(':').next().unwrap().parse().unwrap();
        let body = json!({"kwargs": {"op": "sleep", "secs": 1.0}}).to_string();
        let mut run = Raw::sending(port, &post("/execute", &[], &body));
        let lazy_ones: Vec<_> = (0..100).map(|_| Raw::sending(port, lazy)).collect();
        let start = Instant::now();
        for _ in 0..10 {
            assert!(Raw::sending(port, &get("/health")).next().starts_with("HTTP/1.1 200"));
        }
        println!("10 times /health beside 100 connections: {:?}", start.elapsed());
        assert!(run.next().starts_with("HTTP/1.1 200"));
        drop(lazy_ones);
        worker.terminate();
    }
}

#[tokio::test]
async fn a_client_reads_the_response_before_its_body_is_sent() {
    let worker = Worker::start("Conformance", &["--max-body", "100000"]).await;
    let body = "x".repeat(8 << 20);
    let chunked = format!(
        "POST /execute HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}",
        body.len()
    );
    for (request, status) in [
        (post("/execute", &[], &body), "413"),
        (chunked.into_bytes(), "413"),
        (post("/nope", &[], &body), "404"),
        (post("/health", &[], &body), "405"),
        (post("/execute", &["Origin: http://evil.example"], &body), "403"),
        (post("/execute", &["Content-Encoding: gzip"], &body), "415"),
        // Refusals of hyper.
        ([b"GARBAGE\r\n\r\n", body.as_bytes()].concat(), "400"),
        (get(&format!("/{body}")), "4"),
        ([b"GET / HTTP/1.1\r\nA: ", body.as_bytes()].concat(), "431"),
    ] {
        // The whole body is taken, or sending would fail.
        let response = Raw::sending(worker.port(), &request).rest();
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {response}");
        assert!(response.to_lowercase().contains("\r\nconnection: close\r\n"), "{response}");
    }
    let expects = post("/execute", &["Expect: 100-continue"], &body);
    let mut client = Raw::sending(worker.port(), &expects[..200]);
    assert!(client.next().starts_with("HTTP/1.1 413"));
}

#[test]
fn the_limits_of_connections_are_those_of_the_options() {
    let limits = ["--header-timeout=1", "--body-timeout=0.3", "--write-timeout=0.3"];
    let mut worker = Started::spawn(&[&PLUGIN[..], &limits, &["--max-connections=80"]].concat());
    let port = worker.url().rsplit(':').next().unwrap().parse().unwrap();
    let mut idle = Raw::sending(port, &get("/health"));
    assert!(idle.rest().contains("\r\nkeep-alive: timeout=1\r\n"));
    assert_eq!(Raw::sending(port, b"GET /hea").rest(), "");
    let request = post("/execute", &[], "{}");
    let response = Raw::sending(port, &request[..request.len() - 1]).rest();
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    // Its end is all that can be read once the client reads late.
    let length = 16 << 20;
    let unread = post("/execute", &[], &format!("{{\"args\":[\"{}\"]}}", "x".repeat(length)));
    let mut unread = Raw::sending(port, &unread);
    thread::sleep(Duration::from_secs(3));
    assert!(unread.received() < length);
    // The 81st takes the place of the first.
    let mut open: Vec<_> = (0..81).map(|_| Raw::sending(port, b"")).collect();
    assert!(Raw::sending(port, &get("/health")).next().starts_with("HTTP/1.1 200"));
    assert_eq!(open[0].rest(), "");
    worker.terminate();
}

#[tokio::test]
async fn a_connection_is_kept_as_long_as_the_response_says() {
    let worker = Worker::conformance().await;
    let mut client = Raw::connect(worker.port());
    for request in [get("/health"), post("/execute", &[], "{}"), get("/nope")] {
        client.send(&request);
        let response = client.next();
        assert!(response.contains("\r\nkeep-alive: timeout=30\r\n"), "{response}");
        assert!(!response.contains("\r\nserver:"), "{response}");
    }
}
