//! Labels and traces of runs.

use serde_json::{Value, json};
use universal_worker_host::CallError;

use crate::support::{NO_ARGS, Reply, Worker};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const STATE: &str = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

/// The trace that the plugin sees.
fn asks() -> Value {
    json!({"op": "trace_context"})
}

#[tokio::test]
async fn a_label_and_a_trace_reach_the_report_the_log_and_the_plugin() {
    let worker = Worker::start("Conformance", &["--log", "json"]).await;
    let run = worker.client().run().id("tagged").label("nightly \"7\" é");
    let run = run.traceparent(PARENT).tracestate(STATE);
    let seen: Value = run.execute(&NO_ARGS, &asks()).await.unwrap();
    assert_eq!(seen, json!([PARENT, STATE]));
    let report = worker.report("tagged").await;
    assert_eq!(report.label.as_deref(), Some("nightly \"7\" é"));
    assert_eq!(report.traceparent.as_deref(), Some(PARENT));
    assert_eq!(report.tracestate.as_deref(), Some(STATE));
    let logs = json!({"op": "log", "level": "warn", "message": "marked line"});
    let _: Value = run.id("logs").execute(&NO_ARGS, &logs).await.unwrap();
    worker.execute_with(&[("x-run-id", "plain")], logs).await;
    let plain = worker.get("/runs/plain").await.json();
    for key in ["label", "traceparent", "tracestate"] {
        assert_eq!(plain.get(key), Some(&json!(null)), "{plain}");
    }

    let exit = worker.stop().await;
    let lines = exit.stderr.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.filter(|line: &Value| line["message"] == "marked line").collect();
    let [tagged, plain] = &lines[..] else { panic!("{}", exit.stderr) };
    let trace = [&tagged["traceparent"], &tagged["tracestate"]];
    assert_eq!((&tagged["run"], &tagged["label"]), (&json!("logs"), &json!("nightly \"7\" é")));
    assert_eq!(trace, [&json!(PARENT), &json!(STATE)]);
    assert_eq!(plain["run"], "plain");
    assert!(plain.get("label").is_none() && plain.get("traceparent").is_none(), "{plain}");
}

#[tokio::test]
async fn every_route_that_starts_a_run_takes_label_and_trace() {
    let worker = Worker::conformance().await;
    for (path, id) in [
        ("/execute", "execute"),
        ("/execute_stream", "stream"),
        ("/prefetch", "prefetch"),
        ("/task", "task"),
    ] {
        let headers = [("x-run-id", id), ("x-run-label", "all"), ("traceparent", PARENT)];
        worker.send("POST", path, &headers, "{}").await;
        let report = worker.report(id).await;
        assert_eq!(report.label.as_deref(), Some("all"), "{path}");
        assert_eq!(report.traceparent.as_deref(), Some(PARENT), "{path}");
        let refused = worker.send("POST", path, &[("x-run-label", "a\tb")], "{}").await;
        assert_eq!((refused.status, code(&refused)), (400, json!("bad_header")), "{path}");
    }
}

fn code(reply: &Reply) -> Value {
    reply.json()["code"].clone()
}

#[tokio::test]
async fn an_invalid_label_is_refused_and_an_invalid_trace_ignored() {
    let worker = Worker::conformance().await;
    let longest = "é".repeat(200);
    let seen: Value =
        worker.client().run().label(&longest).execute(&NO_ARGS, &asks()).await.unwrap();
    assert_eq!(seen, json!(null));
    for label in ["", "a\tb", &"é".repeat(201), "\u{202e}a"] {
        let refused = worker.client().run().label(label).execute(&NO_ARGS, &asks()).await;
        let refused: Result<Value, CallError> = refused;
        assert!(refused.unwrap_err().to_string().contains("x-run-label"), "{label:?}");
    }
    for headers in [
        &[("tracestate", STATE)][..],
        &[("traceparent", PARENT), ("traceparent", PARENT), ("tracestate", STATE)],
        &[("traceparent", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
        &[("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01")],
    ] {
        let reply = worker.execute_with(headers, asks()).await;
        assert_eq!((reply.status, reply.json()), (200, json!(null)), "{headers:?}");
    }
    let headers = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")];
    assert_eq!(worker.execute_with(&headers, asks()).await.json(), json!([PARENT, "a=1,b=2"]));
    let headers = [("traceparent", PARENT), ("tracestate", "a=1,a=2")];
    assert_eq!(worker.execute_with(&headers, asks()).await.json(), json!([PARENT, null]));
}

#[tokio::test]
async fn a_run_without_a_trace_begins_one_on_request() {
    let worker = Worker::start("Conformance", &["--trace", "always"]).await;
    let made = worker.execute_with(&[("x-run-id", "made")], asks()).await.json();
    let parent = made[0].as_str().unwrap();
    assert!(parent.starts_with("00-") && parent.ends_with("-01"), "{parent}");
    assert_eq!((parent.len(), &made[1]), (55, &json!(null)));
    assert_eq!(worker.report("made").await.traceparent.as_deref(), Some(parent));
    assert_ne!(worker.execute(asks()).await.json(), made);
    let given = worker.execute_with(&[("traceparent", PARENT)], asks()).await.json();
    assert_eq!(given, json!([PARENT, null]));
}
