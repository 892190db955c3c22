//! What the worker reports about itself and its runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use universal_worker_service::Limits;

use crate::{Script, request};

#[tokio::test]
async fn health_has_further_members_that_replace_none_of_its_own() {
    let Value::Object(extra) = json!({"pid": 1, "status": "x", "name": "x", "version": "x", "substrate_version": "0.0.74"})
    else {
        panic!("it is an object");
    };
    let service = Script::default().builder().health_extra(extra).build();
    let health = request(&service, "GET", "/health", "").await.json();
    let expected = json!({
        "status": "running", "pid": std::process::id(), "name": "scripted", "version": "1.0.0",
        "substrate_version": "0.0.74",
    });
    assert_eq!(health, expected);
}

#[tokio::test]
async fn the_subtree_begins_with_the_worker() {
    let service = Script::default().serve();
    let stats = request(&service, "GET", "/stats", "").await.json();
    assert_eq!(stats["subtree_pids"][0], std::process::id());
}

#[tokio::test]
async fn stats_have_the_usage_of_the_run_that_ended_last() {
    let service = Script {
        execute: |call, cx| {
            if call == br#"{"args":[1]}"# {
                cx.usage(&json!({"tokens": 1}))?;
            }
            Ok(b"null".to_vec())
        },
        ..Script::default()
    };
    let service = service.serve();
    assert_eq!(request(&service, "GET", "/stats", "").await.json()["usage"], Value::Null);
    for (call, usage) in [(r#"{"args":[1]}"#, json!({"tokens": 1})), ("{}", Value::Null)] {
        request(&service, "POST", "/execute", call).await;
        assert_eq!(request(&service, "GET", "/stats", "").await.json()["usage"], usage);
    }
}

#[tokio::test]
async fn a_cancel_has_a_short_body() {
    let service = Script::default().serve();
    let long = format!("{{\"run_id\":[{}1]}}", "1,".repeat(64 * 1024));
    let refused = request(&service, "POST", "/cancel", &long).await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.json()["code"], "too_large");
}

#[tokio::test]
async fn the_report_of_a_wedged_run_has_its_stack() {
    static RELEASED: AtomicBool = AtomicBool::new(false);
    let script = Script {
        execute: |_, _| {
            while !RELEASED.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(b"null".to_vec())
        },
        ..Script::default()
    };
    let mut limits = Limits::default();
    limits.cancel_grace = Duration::ZERO;
    let service = script
        .builder()
        .limits(limits)
        .on_wedged(|run| {
            run.attach_stack("in f");
            run.attach_stack("in another");
        })
        .build();
    let waiting = service.clone();
    let run = tokio::spawn(async move { request(&waiting, "POST", "/execute", "{}").await });
    let report = async || request(&service, "GET", "/runs", "").await.json()["runs"][0].clone();
    while report().await["state"] != "running" {
        tokio::task::yield_now().await;
    }
    assert_eq!(report().await["stack"], Value::Null);
    request(&service, "POST", "/cancel", "").await;
    while report().await["stack"].is_null() {
        tokio::task::yield_now().await;
    }
    assert_eq!(report().await["stack"], "in f");
    RELEASED.store(true, Ordering::SeqCst);
    run.await.unwrap();
}
