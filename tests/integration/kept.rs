//! Runs that outlive their caller, and their results.

mod streams;
mod waiters;

use std::time::Duration;

use serde_json::{Value, json};
use universal_worker_host::RunState;

use crate::support::raw::{Raw, post};
use crate::support::{Reply, Worker, until};

fn call(kwargs: &Value) -> String {
    json!({ "kwargs": kwargs }).to_string()
}

impl Worker {
    async fn put(&self, id: &str, kwargs: &Value) -> Reply {
        self.send("PUT", &format!("/runs/{id}"), &[], &call(kwargs)).await
    }

    async fn result(&self, id: &str) -> Reply {
        self.get(&format!("/runs/{id}/result?wait=60")).await
    }

    async fn delete(&self, id: &str) -> Reply {
        self.send("DELETE", &format!("/runs/{id}"), &[], "").await
    }
}

/// Status and `code` of an error.
fn error(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn is_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(error(reply), (status, code.to_owned()), "{reply:?}");
}

#[tokio::test]
async fn a_submitted_run_is_accepted_and_its_result_read_later() {
    let worker = Worker::conformance().await;
    let blocker = worker.spawn_run("blocker", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("blocker", RunState::Running).await;
    let headers = [("x-run-account", "yes")];
    let kwargs = json!({"op": "sleep", "secs": 0.05});
    let accepted = worker.send("POST", "/runs", &headers, &call(&kwargs)).await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((accepted.status, accepted.header("x-run-id")), (202, &*id));
    assert_eq!(accepted.header("location"), format!("/runs/{id}"));
    assert_eq!(accepted.header("preference-applied"), "");
    let report = worker.get(&format!("/runs/{id}")).await.json();
    assert_eq!(report["result"], json!({"state": "pending"}));
    let pending = worker.get(&format!("/runs/{id}/result")).await;
    assert_eq!((pending.status, &pending.json()["id"]), (202, &json!(id)));
    blocker.abort();
    for _ in 0..2 {
        let result = worker.result(&id).await;
        assert_eq!((result.status, result.text()), (200, "\"slept\"".to_owned()));
        assert_eq!(result.header("x-run-id"), id);
        assert!(result.header("x-run-account").contains("run_s"));
    }
    let report = worker.get(&format!("/runs/{id}")).await.json();
    assert_eq!(report["result"], json!({"state": "kept"}));
    let failed = worker.put("failed", &json!({"op": "fail", "message": "no"})).await;
    assert_eq!(failed.status, 202);
    let result = worker.result("failed").await;
    is_error(&result, 500, "plugin_error");
    assert_eq!(result.json()["_job_error"]["message"], "no");
    let plain = worker.execute_with(&[("x-run-id", "plain")], json!({})).await;
    assert_eq!(plain.status, 200);
    assert_eq!(worker.get("/runs/plain").await.json()["result"], Value::Null);
    is_error(&worker.result("plain").await, 404, "not_kept");
}

#[tokio::test]
async fn a_client_may_prefer_not_to_wait() {
    let worker = Worker::conformance().await;
    let prefer = [("prefer", "return=minimal, respond-async; x=1"), ("x-run-id", "a")];
    let accepted = worker.send("POST", "/execute", &prefer, "{}").await;
    assert_eq!((accepted.status, accepted.header("location")), (202, "/runs/a"));
    assert_eq!(accepted.header("preference-applied"), "respond-async");
    assert_eq!(worker.result("a").await.status, 200);
    let prefer = [("prefer", "respond-async"), ("x-run-id", "s")];
    let accepted = worker.send("POST", "/execute_stream", &prefer, &call(&json!({"n": 2}))).await;
    assert_eq!((accepted.status, accepted.header("location")), (202, "/runs/s"));
    let lines = worker.result("s").await;
    assert_eq!((lines.status, lines.text().lines().count()), (200, 2));
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
}

#[tokio::test]
async fn a_put_makes_one_run_whatever_it_has_become() {
    let worker = Worker::conformance().await;
    let kwargs = json!({"op": "sleep", "secs": 0.2});
    let puts = (0..100).map(|_| worker.put("once", &kwargs));
    let replies = futures(puts).await;
    let accepted = replies.iter().filter(|reply| reply.status == 202).count();
    assert_eq!(accepted, 1);
    for reply in replies.iter().filter(|reply| reply.status != 202) {
        let report = reply.json();
        assert_eq!((reply.status, &report["id"]), (200, &json!("once")), "{reply:?}");
        assert_eq!(reply.header("x-run-id"), "once");
    }
    assert_eq!(worker.get("/runs").await.json()["runs"].as_array().unwrap().len(), 1);
    is_error(&worker.put("once", &json!({"op": "sleep", "secs": 0.3})).await, 409, "id_taken");
    let kind = worker.send("PUT", "/runs/once?kind=stream", &[], &call(&kwargs)).await;
    is_error(&kind, 409, "id_taken");
    assert_eq!(worker.result("once").await.status, 200);
    assert_eq!(worker.put("once", &kwargs).await.json()["state"], "finished");
    is_error(&worker.put("once", &json!({})).await, 409, "id_taken");
    let deleted = worker.delete("once").await;
    assert_eq!((deleted.status, deleted.header("content-type")), (204, ""));
    assert_eq!(worker.put("once", &kwargs).await.status, 200);
    is_error(&worker.result("once").await, 410, "dropped");
    assert_eq!(worker.result("once").await.json()["reason"], "deleted");
    is_error(&worker.delete("once").await, 410, "dropped");
    // A run that is not kept has the id for as long as it lives.
    let live = worker.spawn_run("live", json!({"op": "sleep", "secs": 60.0}));
    worker.until_state("live", RunState::Running).await;
    is_error(&worker.put("live", &json!({"op": "sleep", "secs": 60.0})).await, 409, "id_taken");
    live.abort();
}

/// The outputs of all futures, which run at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut all {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        match all.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    all.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let worker = Worker::conformance().await;
    worker.put("a", &json!({})).await;
    worker.result("a").await;
    for path in ["/runs/none/result", "/runs/none/lines", "/runs/none/result?wait=1"] {
        is_error(&worker.get(path).await, 404, "unknown_run");
    }
    is_error(&worker.delete("none").await, 404, "unknown_run");
    for query in ["wait=x", "wait=", "wait=-1", "wait=61", "wait=1e1"] {
        is_error(&worker.get(&format!("/runs/a/result?{query}")).await, 400, "bad_query");
    }
    for query in ["from=x", "from=", "from=-1", "from=1.5"] {
        is_error(&worker.get(&format!("/runs/a/lines?{query}")).await, 400, "bad_query");
    }
    is_error(&worker.get("/runs/a/lines").await, 409, "wrong_kind");
    is_error(&worker.post("/runs?kind=other", "{}").await, 400, "bad_query");
    is_error(&worker.send("PUT", "/runs/b?kind=prefetch", &[], "{}").await, 400, "bad_query");
    is_error(&worker.send("PUT", "/runs/b%20c", &[], "{}").await, 400, "bad_request");
    let other = worker.send("PUT", "/runs/b", &[("x-run-id", "c")], "{}").await;
    is_error(&other, 400, "bad_header");
    let same = worker.send("PUT", "/runs/b", &[("x-run-id", "b")], "{}").await;
    assert_eq!(same.status, 202);
    let wrong = worker.send("PATCH", "/runs/b", &[], "{}").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, HEAD, PUT, DELETE"));
    let bad = worker.post("/runs", "{").await;
    assert_eq!(bad.status, 202);
    is_error(&worker.result(bad.json()["id"].as_str().unwrap()).await, 400, "bad_json");
    let head = worker.send("HEAD", "/runs/a/result", &[], "").await;
    assert_eq!((head.status, head.text()), (200, String::new()));
    let prefetched = worker.send("POST", "/prefetch", &[("x-run-id", "p")], "").await;
    assert_eq!(prefetched.status, 200);
    is_error(&worker.result("p").await, 404, "not_kept");
    is_error(&worker.delete("p").await, 404, "not_kept");
}

#[tokio::test]
async fn a_live_run_keeps_its_result_from_being_deleted() {
    let worker = Worker::start("Conformance", &["--cancel-grace=0.1"]).await;
    worker.put("hangs", &json!({"op": "hang", "secs": 1.0})).await;
    worker.until_state("hangs", RunState::Running).await;
    is_error(&worker.delete("hangs").await, 409, "not_ended");
    worker.post("/runs/hangs/cancel", "").await;
    // As its client gets it: at the end of the cancel grace, before the plugin returns.
    is_error(&worker.result("hangs").await, 409, "cancelled");
    is_error(&worker.delete("hangs").await, 409, "not_ended");
    worker.until_report("hangs", |report| report.state.is_final()).await;
    assert_eq!(worker.delete("hangs").await.status, 204);
    let timeout = [("x-timeout-ms", "50")];
    let late = call(&json!({"op": "sleep", "secs": 60.0}));
    assert_eq!(worker.send("PUT", "/runs/late", &timeout, &late).await.status, 202);
    is_error(&worker.result("late").await, 504, "deadline");
}

#[tokio::test]
async fn a_result_of_any_size_is_kept_within_the_bound() {
    let worker = Worker::start("Conformance", &["--keep-results=80M"]).await;
    let mib = 1 << 20;
    for (id, kwargs, size) in [
        ("empty", json!({"op": "text", "n": 0}), 2),
        ("one", json!({"op": "instance"}), 1),
        ("mib", json!({"op": "text", "n": mib - 2}), mib),
        ("large", json!({"op": "text", "n": 64 * mib - 2}), 64 * mib),
    ] {
        worker.put(id, &kwargs).await;
        let result = worker.result(id).await;
        assert_eq!((result.status, result.header("content-length")), (200, &*size.to_string()));
    }
    assert_eq!(worker.result("empty").await.text(), "\"\"");
    // The oldest give way.
    worker.put("larger", &json!({"op": "text", "n": 70 * mib})).await;
    assert_eq!(worker.result("larger").await.status, 200);
    let dropped = worker.result("empty").await;
    is_error(&dropped, 410, "dropped");
    assert_eq!(dropped.json()["reason"], "room");
    assert!(dropped.json()["detail"].as_str().unwrap().contains("--keep-results"));
    // One that is larger than all the room takes none of it.
    worker.put("huge", &json!({"op": "text", "n": 81 * mib})).await;
    assert_eq!(worker.result("huge").await.json()["reason"], "room");
    let report = worker.get("/runs/huge").await.json();
    assert_eq!(report["result"], json!({"state": "dropped", "reason": "room"}));
    assert_eq!(worker.result("larger").await.status, 200);
}

#[tokio::test]
async fn a_result_is_dropped_when_its_time_is_over() {
    let worker = Worker::start("Conformance", &["--result-ttl=0.05"]).await;
    worker.put("old", &json!({})).await;
    until(async || worker.result("old").await.status == 410).await;
    let dropped = worker.result("old").await.json();
    assert_eq!(dropped["reason"], "age");
    assert!(dropped["detail"].as_str().unwrap().contains("0.05 s (--result-ttl)"), "{dropped}");
    assert_eq!(worker.put("old", &json!({})).await.status, 200);
}

#[tokio::test]
async fn a_later_run_takes_the_id_of_one_that_has_ended() {
    let worker = Worker::conformance().await;
    worker.put("id", &json!({"n": 1})).await;
    worker.result("id").await;
    let later = worker.send("POST", "/runs", &[("x-run-id", "id")], &call(&json!({"n": 2}))).await;
    assert_eq!(later.status, 202);
    assert_eq!(worker.result("id").await.json()["kwargs"]["n"], 2);
    let runs = worker.get("/runs").await.json();
    assert_eq!(runs["runs"][1]["result"], json!({"state": "dropped", "reason": "replaced"}));
    worker.execute_with(&[("x-run-id", "id")], json!({})).await;
    is_error(&worker.result("id").await, 404, "not_kept");
    assert_eq!(worker.put("id", &json!({"n": 2})).await.status, 202);
}

#[tokio::test]
async fn while_draining_results_are_read_and_known_ids_answered() {
    let worker = Worker::start("Conformance", &["--stop-grace=30"]).await;
    worker.put("known", &json!({"n": 1})).await;
    worker.result("known").await;
    worker.post("/cleanup", "").await;
    assert_eq!(worker.result("known").await.status, 200);
    let running = json!({"op": "hang", "secs": 60.0});
    worker.put("running", &running).await;
    worker.until_state("running", RunState::Running).await;
    worker.signal("TERM");
    worker
        .until(|worker| async { worker.get("/health").await.json()["status"] == "draining" })
        .await;
    assert_eq!(worker.result("known").await.status, 200);
    assert_eq!(worker.put("known", &json!({"n": 1})).await.status, 200);
    is_error(&worker.put("known", &json!({"n": 2})).await, 409, "id_taken");
    assert_eq!(worker.put("running", &running).await.status, 200);
    is_error(&worker.put("new", &json!({})).await, 503, "shutdown");
}

#[tokio::test]
async fn a_client_that_leaves_at_the_end_of_its_run_finds_the_one_result() {
    const CLIENTS: usize = 4;
    const TIMES: usize = 125;
    let worker = Worker::of_class("Parallel").await;
    let port = worker.port();
    let clients = (0..CLIENTS).map(|client| {
        tokio::task::spawn_blocking(move || {
            let mut random = 0x9e37_79b9_u64.wrapping_mul(client as u64 + 1);
            for time in 0..TIMES {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let id = format!("{client}-{time}");
                leave_and_come_back(port, &id, Duration::from_micros(random % 1500));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let counts = worker.get("/stats").await.json()["runs"].clone();
    assert_eq!(counts["finished"], CLIENTS * TIMES, "each run was made once: {counts}");
}

fn leave_and_come_back(port: u16, id: &str, after: Duration) {
    let header = format!("X-Run-Id: {id}");
    let headers = [header.as_str(), "X-On-Disconnect: continue"];
    // About as long as its client stays.
    let body = json!({"args": [id], "kwargs": {"op": "echo"}}).to_string();
    let connection = Raw::sending(port, &post("/execute", &headers, &body));
    std::thread::sleep(after / 4);
    drop(connection);
    let path = format!("/runs/{id}/result?wait=60");
    loop {
        let again = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let reply = Raw::sending(port, again.as_bytes()).rest();
        // It may be faster than its first request.
        if reply.starts_with("HTTP/1.1 404") {
            continue;
        }
        assert!(reply.starts_with("HTTP/1.1 200"), "{id}: {reply}");
        assert!(reply.to_lowercase().contains(&format!("x-run-id: {id}\r\n")), "{id}: {reply}");
        assert!(reply.ends_with(&format!(r#"{{"args":["{id}"],"kwargs":{{}}}}"#)), "{id}: {reply}");
        return;
    }
}
