//! What a worker costs while it does nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::{Worker, until_some};

/// How often all threads of a process have been switched to and from; none for one that has just ended.
fn switches(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.map(|task| switches_of(&task.unwrap().path())).sum()
}

fn switches_of(task: &Path) -> u64 {
    let status = fs::read_to_string(task.join("status")).unwrap_or_default();
    let counts = status.lines().filter(|line| line.contains("ctxt_switches:"));
    counts.map(|line| line.rsplit('\t').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// Waits for a second and a half without any thread of the worker waking up.
async fn until_at_rest(worker: &Worker) {
    let pid = worker.pid();
    until_some(async || {
        let before = switches(pid);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        (switches(pid) == before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_idle_worker_does_not_wake_up() {
    // Besides, the host crate lets it watch this process and a lease.
    for option in [&["--idle-timeout", "600"], &["--log", "json"]] {
        let worker = Worker::start("Conformance", option).await;
        assert_eq!(worker.get("/stats").await.status, 200);
        assert_eq!(worker.execute(json!({})).await.status, 200);
        let cancelled = json!({"op": "sleep", "secs": 600.0});
        let reply = worker.execute_with(&[("x-timeout-ms", "20")], cancelled).await;
        assert_eq!(reply.status, 504, "{reply:?}");
        until_at_rest(&worker).await;
    }
}
