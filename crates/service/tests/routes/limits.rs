//! Limits of memory.

use universal_worker_service::{LimitNames, Limits};

use crate::{Script, request};

#[tokio::test]
async fn no_run_is_admitted_while_too_much_memory_is_held() {
    let mut limits = Limits::default();
    // Any process holds more.
    limits.max_rss = Some(1);
    limits.names = LimitNames::Options;
    let service = Script::default().builder().limits(limits.clone()).build();
    for path in ["/execute", "/execute_stream", "/prefetch", "/task"] {
        let response = request(&service, "POST", path, "{}").await;
        assert_eq!(response.status, 503, "{path}");
        let error = response.json();
        assert_eq!(error["code"], "resource", "{path}");
        assert_eq!(error["_job_error"]["category"], "resource", "{path}");
        assert_eq!(error["_job_error"]["retriable"], true, "{path}");
        assert!(error["detail"].as_str().unwrap().contains("above --max-rss 0 MiB"), "{error}");
    }
    let ready = request(&service, "GET", "/ready", "").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["status"]), (503, &"pressure".into()));
    for (method, path) in [("POST", "/initialize"), ("POST", "/cleanup"), ("GET", "/stats")] {
        let response = request(&service, method, path, "{}").await;
        assert_eq!(response.status, 200, "{path}: {}", response.body);
    }
    service.drain();
    let response = request(&service, "POST", "/execute", "{}").await;
    assert_eq!(response.json()["code"], "shutdown");

    limits.max_rss = Some(u64::MAX);
    let service = Script::default().builder().limits(limits).build();
    assert_eq!(request(&service, "POST", "/execute", "{}").await.status, 200);
    assert_eq!(request(&service, "GET", "/ready", "").await.status, 200);
}

#[tokio::test]
async fn an_embedder_reads_the_names_of_its_own_settings() {
    let mut limits = Limits::default();
    limits.max_body = 10;
    let service = Script::default().builder().limits(limits).build();
    let response = request(&service, "POST", "/execute", "{\"args\":[1,2]}").await;
    assert_eq!(response.status, 413);
    assert_eq!(response.json()["detail"], "the body is larger than 10 bytes (max_body)");
    assert_eq!(response.json()["code"], "too_large");
}

#[tokio::test]
async fn a_config_in_force_does_not_count_as_a_body() {
    let mut limits = Limits::default();
    limits.max_body_total = 200_000;
    let service = Script::default().builder().limits(limits).build();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(150_000));
    for path in ["/initialize", "/initialize", "/execute"] {
        let response = request(&service, "POST", path, &large).await;
        assert_eq!(response.status, 200, "{path}: {}", response.body);
    }
}
