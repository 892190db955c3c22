//! Checks the behavior of a plugin.

use std::path::Path;

use serde_json::{Value, json};

use super::rows::Build;
use super::table::Cells;
use crate::support::{Worker, run_program, run_to_end};

/// Uses all features of the plugin, and returns the cells of the table; panics if a result is
/// wrong.
pub(super) async fn check_all(program: &Path, plugin: &Path, build: &Build) -> Cells {
    loads(program, plugin, build).await;
    let worker = Worker::of_library(program, plugin).await;
    answers(&worker, build).await;
    cancels(&worker).await;
    streams(&worker).await;
    let optional = if build.optional {
        offers(&worker).await;
        "yes"
    } else {
        leaves_out(&worker).await;
        "`not_supported`"
    };
    let exit = worker.stop().await;
    assert!(exit.success(), "{exit}");
    for line in ["a line before all runs", "a line of a run"] {
        assert!(exit.stderr.contains(line), "'{line}' is not in {}", exit.stderr);
    }
    ["yes", "yes", "yes", "yes", optional].map(str::to_owned).into()
}

/// The worker rejects the plugin, in one line with `message`.
pub(super) async fn check_rejected(plugin: &Path, message: &str) -> Cells {
    let ended = run_to_end(&["--module", plugin.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("FATAL: Failed to load "), "{last}");
    assert!(
        last.contains(&format!(": {message} (build ")),
        "'{last}' does not contain '{message}'"
    );
    let rejected = format!("refused: {message}");
    [rejected.as_str(), "", "", "", ""].map(str::to_owned).into()
}

async fn loads(program: &Path, plugin: &Path, build: &Build) {
    let module = plugin.to_str().unwrap();
    let ended = run_program(program, &["--module", module, "--check", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["abi"], &report["panic"]), (&json!(build.interface), &json!(build.panic)));
    let class = &report["classes"][0];
    assert_eq!((&class["class"], &class["cancellable"]), (&json!("Probe"), &json!(true)));
    assert_eq!(class["positional"], json!(["op", "text", "count"]));
    let properties = ["name", "version", "concurrency", "rebuild"].map(|key| class[key].clone());
    if build.optional {
        assert_eq!(properties, [json!("probe"), json!("9.8.7"), json!(3), json!("drop_first")]);
        assert_eq!(class["description"], "Looks at the interface from within.");
    } else {
        assert_eq!((&properties[2], &properties[3]), (&json!(1), &json!("beside")));
    }
    if build.by_other_compiler {
        let usual = run_to_end(&["--module", "hello", "--check", "--json"]).await;
        let usual: Value = serde_json::from_str(&usual.stdout).unwrap();
        assert_ne!(report["compiler"], usual["compiler"]);
    }
    if let Some(result) = build.instance_result {
        // The later worker also calls the new function of the root, and reports its result as the
        // compiler.
        let expected = (build.interface == "1.3.0").then_some(result);
        assert_eq!(report["compiler"], format!("{expected:?}"));
    }
}

async fn answers(worker: &Worker, build: &Build) {
    assert_eq!(worker.execute(json!({"op": "echo", "text": "é"})).await.json(), "echo é");
    assert_eq!(worker.post("/execute", r#"{"args":["echo","x"]}"#).await.json(), "echo x");
    // Plugins that were built in the past refuse null.
    let null = r#"{"kwargs":null,"args":["echo","x"]}"#;
    assert_eq!(worker.post("/execute", null).await.json(), "echo x");
    let failed = worker.execute(json!({"op": "fail", "text": "later"})).await;
    assert_eq!((failed.status, &failed.json()["detail"]), (500, &json!("later")));
    let error = &failed.json()["_job_error"];
    assert_eq!((&error["category"], &error["retriable"]), (&json!("transient"), &json!(false)));
    assert_eq!(error["retry_after_seconds"], 2.5);
    assert_eq!(error["fields_invalid"], json!({"text": "is no good"}));
    let unfit = worker.execute(json!({"op": "echo", "text": 5})).await;
    assert_eq!(unfit.status, 422, "{unfit:?}");
    if build.panic == "unwind" {
        let panicked = worker.execute(json!({"op": "panic", "text": "ouch"})).await;
        assert_eq!(panicked.status, 500);
        assert!(panicked.text().contains("ouch"), "{panicked:?}");
    }
    uses_context(worker, build).await;
}

/// Each method of the context works, and what the plugin reported with it has arrived.
async fn uses_context(worker: &Worker, build: &Build) {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("x-run-id", "asks"), ("x-timeout-ms", "60000"), ("traceparent", trace)];
    let results = worker.execute_with(&headers, json!({"op": "context"})).await.json();
    let left = results["remaining"].as_f64().unwrap();
    assert!(left > 0.0 && left <= 60.0, "{results}");
    assert_eq!(results["run_id"], "asks");
    assert_eq!((&results["cancelled"], &results["woken"]), (&json!(false), &json!(false)));
    assert_eq!((&results["counted"], &results["errors_are_logged"]), (&json!(true), &json!(true)));
    let emitted = results["emitted_outside_of_a_stream"].as_str().unwrap();
    assert!(emitted.contains("no stream"), "{emitted}");
    assert_eq!(results["of_tomorrow"], json!(build.context_result));
    assert_eq!(results["traceparent"], json!(build.has_trace.then_some(trace)));

    let report = worker.report("asks").await;
    assert_eq!((report.progress, report.message.as_str()), (0.75, "asking"));
    assert_eq!(report.account.usage["asked"], 1);
    let asked = report.account.usage.get("of_tomorrow").and_then(Value::as_u64);
    assert_eq!(asked, build.instance_result);
}

async fn cancels(worker: &Worker) {
    let run = worker.spawn_run("waits", json!({"op": "wait"}));
    worker.until_report("waits", |report| report.message == "waiting").await;
    assert!(worker.client().cancel_run("waits").await.unwrap());
    let cancelled = run.await.unwrap();
    assert_eq!(cancelled.status, 409, "{cancelled:?}");
    worker.until_stats(|runs| runs["running"] == 0).await;
}

async fn streams(worker: &Worker) {
    let reply = worker.stream(json!({"op": "stream", "text": "é", "count": 3})).await;
    let lines = [0, 1, 2].map(|number| format!("{{\"number\":{number},\"text\":\"é\"}}\n"));
    assert_eq!((reply.status, reply.text()), (200, lines.concat()));
}

async fn offers(worker: &Worker) {
    assert!(worker.client().prefetch().await.unwrap());
    assert!(worker.client().ready().await.unwrap().is_ready());
    worker.client().initialize(&json!({"mark": "other"})).await.unwrap();
    let echo = worker.execute(json!({"op": "echo", "text": "x"})).await;
    assert_eq!(echo.json(), "other in place x");
    let options = worker.get("/config_options").await.json();
    assert_eq!(options["mark"]["options"][0]["value"], "other");
}

async fn leaves_out(worker: &Worker) {
    let not_supported = json!({"status": "not_supported"});
    assert_eq!(worker.post("/prefetch", "").await.json(), not_supported);
    assert_eq!(worker.get("/config_options").await.json(), not_supported);
    assert!(worker.client().ready().await.unwrap().is_ready());
    worker.client().initialize(&json!({"mark": "other"})).await.unwrap();
    let echo = worker.execute(json!({"op": "echo", "text": "x"})).await;
    assert_eq!(echo.json(), "other x");
}
