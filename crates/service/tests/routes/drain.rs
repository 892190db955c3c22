//! Drains that the service begins by itself.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::json;
use universal_worker_service::{DrainMode, DrainReason, Recycle, WorkerService};

use crate::{Script, request};

/// Reached only by a test that hangs.
const LONG: Duration = Duration::from_secs(60);

fn max_runs(limit: u64) -> Recycle {
    let mut recycle = Recycle::default();
    recycle.max_runs = NonZeroU64::new(limit);
    recycle
}

async fn status(service: &WorkerService, method: &str, path: &str) -> u16 {
    request(service, method, path, "{}").await.status.as_u16()
}

#[tokio::test]
async fn a_drain_is_reported_once_and_refuses_new_runs() {
    let (sender, reasons) = mpsc::channel();
    let service = Script::default().builder().on_drain(move |reason| {
        sender.send(reason.clone()).unwrap();
    });
    let service = service.build();
    for _ in 0..2 {
        let response = request(&service, "POST", "/drain", "").await;
        assert_eq!(
            (response.status.as_u16(), response.json()),
            (200, json!({"status": "draining"}))
        );
    }
    assert_eq!(reasons.try_iter().collect::<Vec<_>>(), [DrainReason::Requested]);
    assert_eq!(request(&service, "GET", "/health", "").await.json()["status"], "draining");
    assert_eq!(status(&service, "POST", "/execute").await, 503);
    // Nobody stops it here.
    assert_eq!(status(&service, "GET", "/runs").await, 200);
}

#[tokio::test]
async fn the_end_of_a_drain_comes_after_its_runs() {
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
    let service = script.serve();
    let run = tokio::spawn({
        let service = service.clone();
        async move { status(&service, "POST", "/execute").await }
    });
    while request(&service, "GET", "/stats", "").await.json()["runs"]["running"] != 1 {
        tokio::task::yield_now().await;
    }
    service.drain();
    let (sender, drained) = mpsc::channel();
    service.on_drained(move || sender.send(()).unwrap());
    // What is refused cancels nothing.
    assert_eq!(status(&service, "POST", "/cleanup").await, 503);
    assert!(drained.try_recv().is_err());
    RELEASED.store(true, Ordering::SeqCst);
    assert_eq!(run.await.unwrap(), 200);
    drained.recv_timeout(LONG).unwrap();
    // At once, where nothing is left.
    let (sender, drained) = mpsc::channel();
    service.on_drained(move || sender.send(()).unwrap());
    drained.recv_timeout(LONG).unwrap();
}

#[tokio::test]
async fn a_service_that_has_left_its_sockets_admits_what_arrives() {
    let (sender, reasons) = mpsc::channel();
    let builder = Script::default().builder().recycle(max_runs(2)).drain_mode(DrainMode::Admit);
    let service = builder.on_drain(move |reason| sender.send(reason.clone()).unwrap()).build();
    for _ in 0..4 {
        assert_eq!(status(&service, "POST", "/execute").await, 200);
    }
    assert_eq!(status(&service, "POST", "/initialize").await, 200);
    assert_eq!(request(&service, "GET", "/ready", "").await.json()["status"], "draining");
    let expected = DrainReason::Runs { ended: 2, limit: 2 };
    assert_eq!(reasons.try_iter().collect::<Vec<_>>(), [expected]);
}

#[tokio::test]
async fn every_end_of_a_run_counts_and_nothing_else() {
    let failing = Script {
        execute: |_, _| Err(universal_worker_plugin::dynamic::Fault::unknown_extension("x")),
        ..Script::default()
    };
    let service = failing.builder().recycle(max_runs(3)).build();
    for path in ["/initialize", "/cleanup", "/initialize", "/cancel"] {
        assert_eq!(status(&service, "POST", path).await, 200, "{path}");
    }
    for _ in 0..3 {
        assert_eq!(status(&service, "GET", "/ready").await, 200);
        status(&service, "POST", "/execute").await;
    }
    assert_eq!(status(&service, "GET", "/ready").await, 503);
}

#[tokio::test]
async fn memory_is_measured_at_the_end_of_a_run() {
    let (sender, reasons) = mpsc::channel();
    let mut recycle = Recycle::default();
    // Any process holds more.
    recycle.max_rss = Some(1);
    let builder = Script::default().builder().recycle(recycle);
    let service = builder.on_drain(move |reason| sender.send(reason.clone()).unwrap()).build();
    assert_eq!(status(&service, "GET", "/ready").await, 200);
    assert_eq!(status(&service, "POST", "/execute").await, 200);
    let reason = reasons.recv_timeout(LONG).unwrap();
    assert!(matches!(reason, DrainReason::Memory { held_mib, .. } if held_mib > 0.0), "{reason:?}");
}
