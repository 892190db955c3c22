//! Streams that outlive their caller, and readers that come back.

use serde_json::json;
use universal_worker_host::RunState;

use super::{call, futures, is_error};
use crate::support::{NO_ARGS, Worker, until};

const FRAMES: (&str, &str) = ("accept", "application/x-ndjson; profile=frames");

impl Worker {
    async fn put_stream(&self, id: &str, kwargs: &serde_json::Value) {
        let put = self.send("PUT", &format!("/runs/{id}?kind=stream"), &[], &call(kwargs)).await;
        assert_eq!(put.status, 202, "{put:?}");
    }
}

#[tokio::test]
async fn readers_go_on_where_they_were() {
    let worker = Worker::conformance().await;
    worker.put_stream("s", &json!({"n": 50, "delay": 0.002})).await;
    // Some while the stream goes on, and one that waits for a line to come.
    let froms = [0_usize, 49, 7, 50, 0, 30];
    let readers = froms.map(|from| {
        let (worker, path) = (&worker, format!("/runs/s/lines?from={from}"));
        async move { worker.get(&path).await }
    });
    let readers = futures(readers.into_iter()).await;
    let all = worker.result("s").await;
    let all: Vec<_> = all.text().lines().map(str::to_owned).collect();
    assert_eq!(all.len(), 50);
    for (from, reader) in froms.into_iter().zip(readers) {
        assert_eq!((reader.status, reader.header("x-run-id")), (200, "s"));
        assert_eq!(reader.text().lines().collect::<Vec<_>>(), &all[from..], "{from}");
    }
    let frames = worker.send("GET", "/runs/s/lines?from=49", &[FRAMES], "").await;
    assert_eq!(frames.header("content-type"), "application/x-ndjson; profile=frames");
    let frames: Vec<_> = frames.text().lines().map(str::to_owned).collect();
    assert_eq!(frames[0], format!("{{\"chunk\":{}}}", all[49]));
    assert!(frames[1].starts_with("{\"end\":{\"queue_s\":") && frames.len() == 2, "{frames:?}");
    assert_eq!(worker.get("/runs/s/lines?from=50").await.text(), "");
    is_error(&worker.get("/runs/s/lines?from=51").await, 416, "beyond_end");
    assert_eq!(worker.delete("s").await.status, 204);
    is_error(&worker.get("/runs/s/lines").await, 410, "dropped");
    is_error(&worker.result("s").await, 410, "dropped");
}

#[tokio::test]
async fn a_number_beyond_the_end_is_waited_for_until_the_end() {
    let worker = Worker::conformance().await;
    worker.put_stream("s", &json!({"n": 20, "delay": 0.005})).await;
    is_error(&worker.get("/runs/s/lines?from=21").await, 416, "beyond_end");
    // A failure before the first line has its status, one after it is a line.
    worker.put_stream("early", &json!({"fail_at": "x"})).await;
    let lines = worker.get("/runs/early/lines").await;
    let result = worker.result("early").await;
    assert_eq!(lines.text(), result.text());
    assert_ne!(lines.status, 202);
}

#[tokio::test]
async fn a_failure_before_the_first_line_has_the_account_only_on_request() {
    let worker = Worker::conformance().await;
    for (id, header, has_account) in [("silent", "no", false), ("told", "yes", true)] {
        let headers = [("x-run-account", header)];
        let put = worker.send("PUT", &format!("/runs/{id}?kind=stream"), &headers, "[").await;
        assert_eq!(put.status, 202);
        let result = worker.send("GET", &format!("/runs/{id}/result?wait=60"), &[], "").await;
        is_error(&result, 400, "bad_json");
        assert_eq!(!result.header("x-run-account").is_empty(), has_account, "{result:?}");
    }
}

#[tokio::test]
async fn a_client_that_left_its_stream_finds_the_rest() {
    let worker = Worker::conformance().await;
    let run = worker.client().run().id("goes-on").continue_on_disconnect();
    let kwargs = json!({"n": 2_000, "pad": 100});
    let mut lines = run.execute_stream(&NO_ARGS, &kwargs).await.unwrap();
    let first = lines.next_line().await.unwrap().unwrap();
    drop(lines);
    let rest = worker.get("/runs/goes-on/lines?from=1").await;
    assert_eq!(rest.text().lines().count(), 1_999);
    let all = worker.result("goes-on").await.text();
    assert_eq!(all, format!("{}\n{}", String::from_utf8(first.to_vec()).unwrap(), rest.text()));
}

#[tokio::test]
async fn its_client_gets_the_whole_stream_though_nothing_is_kept() {
    let worker = Worker::start("Conformance", &["--keep-results=0"]).await;
    for n in [1, 30, 3_000] {
        let body = call(&json!({"n": n, "pad": 100}));
        let headers = [("x-on-disconnect", "continue"), FRAMES];
        let reply = worker.send("POST", "/execute_stream", &headers, &body).await.text();
        let last = reply.lines().last().unwrap();
        assert!(last.starts_with("{\"end\":"), "{last}");
        assert_eq!(reply.lines().count(), n + 1);
    }
}

#[tokio::test]
async fn without_room_a_stream_keeps_its_last_lines() {
    let worker = Worker::start("Conformance", &["--keep-results=300K"]).await;
    worker.put("before", &json!({})).await;
    worker.result("before").await;
    worker.put_stream("s", &json!({"n": 2_000, "pad": 1000})).await;
    let report = worker.until_report("s", |report| report.state.is_final()).await;
    assert_eq!((report.state, report.account.lines), (RunState::Finished, 2_000));
    until(async || worker.result("s").await.status != 202).await;
    let dropped = worker.get("/runs/s/lines").await;
    is_error(&dropped, 410, "dropped");
    let detail = dropped.json()["detail"].as_str().unwrap().to_owned();
    let first: u64 = detail.split(' ').filter_map(|word| word.parse().ok()).next().unwrap();
    let kept = worker.get(&format!("/runs/s/lines?from={first}")).await;
    assert_eq!(kept.text().lines().count() as u64, 2_000 - first, "{detail}");
    assert!((200_000..300 * 1024).contains(&kept.text().len()), "{}", kept.text().len());
    is_error(&worker.result("before").await, 410, "dropped");
    // A later result takes its room.
    worker.put("after", &json!({"op": "text", "n": 200_000})).await;
    assert_eq!(worker.result("after").await.status, 200);
    is_error(&worker.get(&format!("/runs/s/lines?from={first}")).await, 410, "dropped");
}
