//! Optional features of a class: health check, prefetch, config options, reconfiguration in place.

use serde_json::{Value, json};
use universal_worker_host::{CallError, Readiness, RunKind, RunState};

use crate::support::Worker;

async fn equipped(offers: Value) -> Worker {
    let worker = Worker::start("Equipped", &[]).await;
    worker.client().initialize(&json!({ "offers": offers })).await.unwrap();
    worker
}

async fn instance(worker: &Worker) -> u64 {
    worker.execute(json!({"op": "instance"})).await.json().as_u64().unwrap()
}

#[tokio::test]
async fn missing_features_are_not_supported() {
    let worker = Worker::conformance().await;
    let not_supported = json!({"status": "not_supported"});
    assert_eq!(worker.post("/prefetch", "").await.json(), not_supported);
    assert_eq!(worker.get("/config_options").await.json(), not_supported);
    assert!(!worker.client().prefetch().await.unwrap());
    assert_eq!(worker.client().config_options().await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(worker.get("/ready").await.json(), json!({"status": "ready", "runs": []}));
    }
    // By default each config creates a new instance.
    let before = instance(&worker).await;
    worker.client().initialize(&json!({})).await.unwrap();
    assert_eq!(instance(&worker).await, before + 1);
}

#[tokio::test]
async fn an_unhealthy_plugin_is_not_ready_and_says_why() {
    let worker = Worker::start("Equipped", &[]).await;
    let ready = || async { worker.client().ready().await.unwrap() };
    // Without an instance there is no check.
    assert!(ready().await.is_ready());
    worker.client().initialize(&json!({"offers": {"unhealthy": "no GPU"}})).await.unwrap();
    let readiness = ready().await;
    assert_eq!(
        (readiness.status, readiness.detail.as_deref()),
        (Readiness::Unhealthy, Some("no GPU"))
    );
    assert_eq!(worker.get("/ready").await.status, 503);
    // Runs are accepted all the same.
    assert_eq!(worker.execute(json!({"op": "none"})).await.status, 200);
    worker.client().initialize(&json!({})).await.unwrap();
    assert!(ready().await.is_ready());
}

#[tokio::test]
async fn a_hanging_health_check_times_out() {
    let worker = Worker::start("Equipped", &["--stop-grace", "1"]).await;
    let config = json!({"offers": {"health_hangs": 600.0}});
    worker.client().initialize(&config).await.unwrap();
    for _ in 0..2 {
        let readiness = worker.client().ready().await.unwrap();
        assert_eq!(readiness.status, Readiness::Unhealthy);
        assert!(readiness.detail.unwrap().contains("within 1 s"));
    }
    assert_eq!(worker.get("/health").await.status, 200);
    assert_eq!(worker.execute(json!({"op": "none"})).await.status, 200);
    // The check occupies only its instance.
    let held = instance(&worker).await;
    worker.client().initialize(&json!({})).await.unwrap();
    assert_eq!(instance(&worker).await, held + 1);
    assert_eq!(worker.post("/cleanup", "").await.status, 503);
    assert_eq!(instance(&worker).await, held + 2);
    let exit = worker.stop().await;
    assert_eq!(exit.code, Some(4), "{exit:?}");
    assert!(
        exit.stderr.contains("a probe of the plugin (its health or its config) does not return"),
        "{exit:?}"
    );
    let last = exit.stderr.lines().last().unwrap();
    assert!(last.contains("the health check of the plugin, which holds its instance"), "{last}");
}

#[tokio::test]
async fn a_prefetch_has_progress_and_can_be_cancelled() {
    let worker = equipped(json!({"prefetch_takes": 600.0})).await;
    let client = worker.client();
    let prefetch = {
        let client = client.clone();
        tokio::spawn(async move { client.run().id("fetch").prefetch().await })
    };
    let report = worker.until_report("fetch", |run| run.message == "fetching").await;
    assert_eq!((report.kind, report.progress), (RunKind::Prefetch, 0.5));
    // A prefetch occupies one lane, like a run.
    assert_eq!(worker.execute(json!({"op": "none"})).await.status, 200);
    assert!(client.cancel_run("fetch").await.unwrap());
    let refused = prefetch.await.unwrap().unwrap_err();
    assert!(matches!(refused, CallError::Status { status, .. } if status == 409), "{refused:?}");
    assert_eq!(worker.report("fetch").await.state, RunState::Cancelled);
}

#[tokio::test]
async fn a_prefetch_reports_success_or_its_error() {
    let worker = equipped(json!({})).await;
    let reply = worker.post("/prefetch", "").await;
    assert_eq!(reply.json(), json!({"status": "prefetched"}));
    assert!(!reply.header("x-run-id").is_empty());
    let progress = worker.get("/progress").await.json();
    assert_eq!((&progress["progress"], &progress["message"]), (&json!(1.0), &json!("fetched")));

    let worker = equipped(json!({"prefetch_fails": "no network"})).await;
    let reply = worker.post("/prefetch", "").await;
    assert_eq!((reply.status, &reply.json()["detail"]), (500, &json!("no network")));
    assert_eq!(reply.json()["_job_error"]["category"], "transient");
}

#[tokio::test]
async fn config_options_follow_the_config_and_do_not_wait_for_runs() {
    let worker = Worker::start("Equipped", &[]).await;
    let default = || async { worker.get("/config_options").await.json()["language"].clone() };
    assert_eq!(
        default().await,
        json!({
            "options": [
                {"value": "en", "label": "English", "metadata": {}},
                {"value": "de", "label": "German", "metadata": {"speakers": 95_000_000}},
            ],
            "constraints": {"default": "en"},
        })
    );
    worker.client().initialize(&json!({"language": "de"})).await.unwrap();
    let runs = [(); 2].map(|()| worker.spawn_execute(json!({"op": "sleep", "secs": 600.0})));
    worker.until_running(2).await;
    assert_eq!(default().await["constraints"]["default"], "de");
    worker.client().cancel().await.unwrap();
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
}

#[tokio::test]
async fn config_options_that_take_too_long_are_a_timeout() {
    let worker = equipped(json!({"options_hang": 600.0})).await;
    let reply = worker.get("/config_options").await;
    assert_eq!(reply.status, 504);
    assert!(reply.json()["detail"].as_str().unwrap().contains("within 4 s"), "{reply:?}");
    assert_eq!(worker.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_reconfiguration_succeeds_fails_or_recreates_the_instance() {
    let worker = equipped(json!({})).await;
    let first = instance(&worker).await;
    let of = |language: &str, reconfigure: &str| json!({"language": language, "offers": {"reconfigure": reconfigure}});
    let language = || async { worker.get("/config").await.json()["language"].clone() };

    worker.client().initialize(&of("en", "in_place")).await.unwrap();
    assert_eq!((instance(&worker).await, language().await), (first, json!("en")));

    let refused = worker.post("/initialize", &of("fr", "refuse").to_string()).await;
    assert_eq!((refused.status, &refused.json()["detail"]), (400, &json!("not this one")));
    let fields = &refused.json()["_job_error"]["fields_invalid"];
    assert_eq!(fields, &json!({"language": "is not installed"}));
    assert_eq!((instance(&worker).await, language().await), (first, json!("en")));

    // After a panic the instance is created again from the config in force.
    let panicked = worker.post("/initialize", &of("fr", "panic").to_string()).await;
    assert_eq!(panicked.status, 400);
    assert!(panicked.json()["detail"].as_str().unwrap().contains("over another config"));
    assert_eq!((instance(&worker).await, language().await), (first + 1, json!("en")));

    worker.client().initialize(&of("de", "anew")).await.unwrap();
    assert_eq!((instance(&worker).await, language().await), (first + 2, json!("de")));
}

#[tokio::test]
async fn an_invalid_config_names_its_fields() {
    let worker = equipped(json!({})).await;
    for (config, expected, field) in [
        (
            r#"{"offers":{"health_hangs":"x"}}"#,
            "config field 'offers.health_hangs': expected number, got string \"x\"",
            "offers.health_hangs",
        ),
        (
            r#"{"offers":{"healthy":1}}"#,
            "config field 'offers.healthy': unknown field 'healthy', expected one of",
            "offers.healthy",
        ),
    ] {
        let reply = worker.post("/initialize", config).await;
        assert_eq!(reply.status, 400);
        let body = reply.json();
        assert!(body["detail"].as_str().unwrap().starts_with(expected), "{body}");
        assert!(body["_job_error"]["fields_invalid"][field].is_string(), "{body}");
        assert_eq!(body["_job_error"]["category"], "user_input");
    }
}

#[tokio::test]
async fn a_run_knows_its_remaining_time() {
    let worker = Worker::conformance().await;
    assert_eq!(worker.execute(json!({"op": "remaining"})).await.json(), Value::Null);
    let timed =
        worker.execute_with(&[("x-timeout-ms", "600000")], json!({"op": "remaining"})).await;
    let left = timed.json().as_f64().unwrap();
    assert!(left > 300.0 && left <= 600.0, "{left}");
}
