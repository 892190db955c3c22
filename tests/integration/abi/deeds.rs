//! What a plugin does that loads.

use std::path::Path;

use serde_json::{Value, json};

use super::rows::Build;
use super::table::Cells;
use crate::support::{Worker, run_program, run_to_end};

/// Does all there is, and tells it as the table does; what is not as it should be panics.
pub(super) async fn all(program: &Path, plugin: &Path, build: &Build) -> Cells {
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

/// The worker refuses it, in one line with `words`.
pub(super) async fn refused(plugin: &Path, words: &str) -> Cells {
    let ended = run_to_end(&["--module", plugin.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("FATAL: Failed to load "), "{last}");
    assert!(last.contains(&format!(": {words} (build ")), "'{last}' does not tell '{words}'");
    let told = format!("refused: {words}");
    [told.as_str(), "", "", "", ""].map(str::to_owned).into()
}

async fn loads(program: &Path, plugin: &Path, build: &Build) {
    let module = plugin.to_str().unwrap();
    let ended = run_program(program, &["--module", module, "--check", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["abi"], &told["panic"]), (&json!(build.interface), &json!(build.panic)));
    let class = &told["classes"][0];
    assert_eq!((&class["class"], &class["cancellable"]), (&json!("Probe"), &json!(true)));
    assert_eq!(class["positional"], json!(["op", "text", "count"]));
    let said = ["name", "version", "concurrency", "rebuild"].map(|key| class[key].clone());
    if build.optional {
        assert_eq!(said, [json!("probe"), json!("9.8.7"), json!(3), json!("drop_first")]);
        assert_eq!(class["description"], "Looks at the interface from within.");
    } else {
        assert_eq!((&said[2], &said[3]), (&json!(1), &json!("beside")));
    }
    if build.by_other_compiler {
        let usual = run_to_end(&["--module", "hello", "--check", "--json"]).await;
        let usual: Value = serde_json::from_str(&usual.stdout).unwrap();
        assert_ne!(told["compiler"], usual["compiler"]);
    }
    if let Some(answer) = build.instance_answers {
        // A later worker asks the root as well, and tells the answer in the compiler's place.
        let has_it = (build.interface != "1.0.0").then_some(answer);
        assert_eq!(told["compiler"], format!("{has_it:?}"));
    }
}

async fn answers(worker: &Worker, build: &Build) {
    assert_eq!(worker.execute(json!({"op": "echo", "text": "é"})).await.json(), "echo é");
    assert_eq!(worker.post("/execute", r#"{"args":["echo","x"]}"#).await.json(), "echo x");
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
    context_answers(worker, build).await;
}

/// Each method of the context answers, and what the plugin told by it arrived.
async fn context_answers(worker: &Worker, build: &Build) {
    let headers = [("x-run-id", "asks"), ("x-timeout-ms", "60000")];
    let told = worker.execute_with(&headers, json!({"op": "context"})).await.json();
    let left = told["remaining"].as_f64().unwrap();
    assert!(left > 0.0 && left <= 60.0, "{told}");
    assert_eq!(told["run_id"], "asks");
    assert_eq!((&told["cancelled"], &told["woken"]), (&json!(false), &json!(false)));
    assert_eq!((&told["counted"], &told["errors_are_logged"]), (&json!(true), &json!(true)));
    let emitted = told["emitted_outside_of_a_stream"].as_str().unwrap();
    assert!(emitted.contains("no stream"), "{emitted}");
    assert_eq!(told["of_tomorrow"], json!(build.context_answers));

    let report = worker.report("asks").await;
    assert_eq!((report.progress, report.message.as_str()), (0.75, "asking"));
    assert_eq!(report.account.usage["asked"], 1);
    let asked = report.account.usage.get("of_tomorrow").and_then(Value::as_u64);
    assert_eq!(asked, build.instance_answers);
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
    let told = worker.stream(json!({"op": "stream", "text": "é", "count": 3})).await;
    let lines = [0, 1, 2].map(|number| format!("{{\"number\":{number},\"text\":\"é\"}}\n"));
    assert_eq!((told.status, told.text()), (200, lines.concat()));
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
