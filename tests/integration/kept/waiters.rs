//! Many clients that wait for one result.

use serde_json::json;
use universal_worker_host::RunState;

use super::is_error;
use crate::support::Worker;

#[tokio::test]
async fn a_thousand_clients_wait_without_a_thread_and_wake_on_the_end() {
    const CLIENTS: u64 = 1000;
    // Other connections may end or begin.
    const SLACK: u64 = 20;
    let mut files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    files.current = files.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, files).unwrap();
    let worker = Worker::start("Conformance", &["--max-connections=2000"]).await;
    worker.put("long", &json!({"op": "sleep", "secs": 60.0})).await;
    worker.until_state("long", RunState::Running).await;
    let stat = async |key: &str| worker.get("/stats").await.json()[key].as_u64().unwrap();
    let before = (stat("threads").await, stat("open_fds").await);
    let client = worker.client();
    let waiters: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let path = "/runs/long/result?wait=60";
                client.request(http::Method::GET, path, http::HeaderMap::new(), "".into()).await
            })
        })
        .collect();
    worker.until(|_| async { stat("open_fds").await + SLACK >= before.1 + CLIENTS }).await;
    assert!(stat("threads").await <= before.0);
    // Those that leave are forgotten.
    let leaving = &waiters[..CLIENTS as usize / 2];
    leaving.iter().for_each(|waiter| waiter.abort());
    worker.until(|_| async { stat("open_fds").await <= before.1 + CLIENTS / 2 + SLACK }).await;
    worker.post("/runs/long/cancel", "").await;

    for waiter in waiters.into_iter().skip(CLIENTS as usize / 2) {
        let response = waiter.await.unwrap().unwrap();
        assert_eq!(response.status, 409);
    }
    is_error(&worker.result("long").await, 409, "cancelled");
}
