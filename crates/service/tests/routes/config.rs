//! The config of classes whose instances change it by themselves.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use universal_worker_service::WorkerService;

use crate::{Script, request};

fn script(is_live: bool, config: fn() -> Vec<u8>) -> Script {
    let mut script = Script { config, ..Script::default() };
    script.info.live_config = is_live;
    script
}

async fn config(service: &WorkerService) -> u64 {
    request(service, "GET", "/config", "").await.json()["asked"].as_u64().unwrap()
}

fn count(asked: &AtomicU32) -> Vec<u8> {
    json!({ "asked": asked.fetch_add(1, Ordering::SeqCst) + 1 }).to_string().into_bytes()
}

#[tokio::test]
async fn an_instance_is_asked_only_if_its_class_says_so() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for (is_live, initial, expected) in [(false, 1, [1, 1, 1]), (true, 2, [4, 5, 6])] {
        let service = script(is_live, || count(&ASKED)).serve();
        assert_eq!(request(&service, "GET", "/config", "").await.body, "{}");
        request(&service, "POST", "/initialize", "{}").await;
        // The instance is not asked before the initialize has returned its lanes.
        while is_live && config(&service).await == initial {}
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(config(&service).await);
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn a_running_instance_is_not_asked() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let waits = Script {
        execute: |_, cx| {
            cx.sleep(Duration::from_secs(60))?;
            Ok(b"null".to_vec())
        },
        ..script(true, || count(&ASKED))
    };
    let service = waits.serve();
    request(&service, "POST", "/initialize", "{}").await;
    let waiting = service.clone();
    let run = tokio::spawn(async move { request(&waiting, "POST", "/execute", "{}").await });
    while request(&service, "GET", "/stats", "").await.json()["runs"]["running"] != 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!([config(&service).await, config(&service).await], [1, 1]);
    request(&service, "POST", "/cancel", "").await;
    run.await.unwrap();
    while request(&service, "GET", "/stats", "").await.json()["runs"]["lanes_held"] != 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(config(&service).await, 2);
}

#[tokio::test]
async fn the_last_known_config_answers_for_an_instance_that_does_not() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let hangs = script(true, || {
        let config = count(&ASKED);
        // The first is that of the initialize.
        if ASKED.load(Ordering::SeqCst) == 2 {
            thread::sleep(Duration::from_secs(3));
        }
        config
    });
    let service = hangs.serve();
    request(&service, "POST", "/initialize", "{}").await;
    let took = loop {
        let started_at = Instant::now();
        assert_eq!(config(&service).await, 1);
        // It is not asked before the initialize has returned its lanes.
        if ASKED.load(Ordering::SeqCst) == 2 {
            break started_at.elapsed();
        }
    };
    assert!(took >= Duration::from_millis(50) && took < Duration::from_secs(2), "{took:?}");
}
