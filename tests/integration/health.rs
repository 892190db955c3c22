//! The three questions: whether the process answers (`/health`), whether a restart would help
//! (`/live`), whether it can take a run (`/ready`).

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Worker, run_to_end, scratch, until_some};

/// Far longer than these routes take.
const SOON: Duration = Duration::from_millis(1500);

/// What a run or a canary does, as long as the file says so.
struct Orders {
    folder: TempDir,
}

impl Orders {
    fn new() -> Self {
        let orders = Self { folder: scratch() };
        orders.give("work");
        orders
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("orders")
    }

    /// Never seen half written.
    fn give(&self, order: &str) {
        let new = self.folder.path().join("new");
        fs::write(&new, order).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    fn kwargs(&self) -> Value {
        json!({"op": "follow", "file": self.file()})
    }

    async fn worker_with_canary(&self, args: &[&str]) -> Worker {
        let canary = json!({"kwargs": self.kwargs()}).to_string();
        let args = [&["--canary", &canary, "--canary-every", "0.1"], args].concat();
        Worker::start("Conformance", &args).await
    }
}

/// Polls until `/ready` has the status, and returns its body.
async fn until_ready_says(worker: &Worker, status: &str) -> Value {
    until_some(async || {
        let reply = worker.get("/ready").await;
        assert_eq!(reply.status == 200, reply.json()["status"] == "ready", "{reply:?}");
        Some(reply.json()).filter(|body| body["status"] == status)
    })
    .await
}

/// Cancels runs that do not return.
async fn wedge(worker: &Worker, ids: &[&str], orders: &Orders) {
    for id in ids {
        worker.spawn_run(id, orders.kwargs());
    }
    worker.until_running(ids.len() as u64).await;
    worker.post("/cancel", "").await;
    worker.until_stats(|runs| runs["wedged"] == ids.len()).await;
}

#[tokio::test]
async fn busy_is_never_dead() {
    let seconds = std::env::var("UNIVERSAL_WORKER_TEST_SATURATION");
    let time = Duration::from_secs_f64(seconds.map_or(1.5, |seconds| seconds.parse().unwrap()));
    let args = ["--queue", "2", "--restart-after", "0.1", "--cancel-grace", "0.1"];
    let worker = Worker::start("Parallel", &args).await;
    let end = Instant::now() + time;
    let client = async || {
        let (mut done, mut refused) = (0, 0);
        while Instant::now() < end {
            match worker.execute(json!({"op": "hang", "secs": 0.3})).await.status {
                200 => done += 1,
                503 => {
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                status => panic!("{status}"),
            }
        }
        (done, refused)
    };
    let poll = async |path: &str| {
        let (mut polls, mut busy, mut slowest) = (0, 0, Duration::ZERO);
        while Instant::now() < end {
            let asked_at = Instant::now();
            let reply = worker.get(path).await;
            slowest = slowest.max(asked_at.elapsed());
            if path == "/ready" && reply.status == 503 {
                assert_eq!(reply.json()["status"], "busy", "{reply:?}");
                busy += 1;
            } else {
                assert_eq!(reply.status, 200, "{path}: {reply:?}");
            }
            polls += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        println!("{path}: {polls} polls, {busy} of them busy, the slowest {slowest:?}");
        assert!(slowest < SOON, "{path} took {slowest:?}");
        busy
    };
    // Four lanes, two that wait, and two that are refused.
    let clients = async {
        tokio::join!(client(), client(), client(), client(), client(), client(), client(), client())
    };
    let polls = async { tokio::join!(poll("/health"), poll("/live"), poll("/ready")) };
    let ((first, ..), (_, _, busy)) = tokio::join!(clients, polls);
    println!("a client: {} runs, {} refused", first.0, first.1);
    assert!(busy > 0);
}

#[tokio::test]
async fn a_worker_is_stuck_while_every_lane_is_wedged_for_long() {
    let orders = Orders::new();
    let args = ["--cancel-grace", "0.05", "--restart-after", "0.5"];
    let worker = Worker::start("Conformance", &args).await;
    let alive = json!({"status": "alive"});
    assert_eq!(worker.get("/live").await.json(), alive);
    orders.give("hang");
    wedge(&worker, &["deaf"], &orders).await;
    let wedged_at = Instant::now();
    let reply = worker.get("/live").await;
    assert!(reply.status == 200 || wedged_at.elapsed() > Duration::from_millis(400), "{reply:?}");
    let stuck = until_some(async || {
        let reply = worker.get("/live").await;
        (reply.status == 503).then(|| reply.json())
    })
    .await;
    let run = &stuck["runs"][0];
    assert_eq!((&stuck["status"], &run["id"]), (&json!("stuck"), &json!("deaf")), "{stuck}");
    assert!(run["for_s"].as_f64() >= Some(0.5), "{stuck}");
    assert_eq!(until_ready_says(&worker, "wedged").await["runs"][0]["id"], "deaf");
    orders.give("work");
    worker.until(|worker| async { worker.get("/live").await.json() == alive.clone() }).await;
    until_ready_says(&worker, "ready").await;
}

#[tokio::test]
async fn a_worker_with_a_lane_that_is_not_wedged_is_alive() {
    let orders = Orders::new();
    orders.give("hang");
    let args = ["--cancel-grace", "0.05", "--restart-after", "0", "--concurrency", "2"];
    let worker = Worker::start("Parallel", &args).await;
    wedge(&worker, &["one"], &orders).await;
    assert_eq!(worker.get("/live").await.status, 200);
    worker.spawn_run("two", orders.kwargs());
    worker.until_running(2).await;
    // Busy with a run that may return.
    assert_eq!(worker.get("/live").await.status, 200);
    worker.post("/cancel", "").await;
    worker.until_stats(|runs| runs["wedged"] == 2).await;
    let stuck = worker.get("/live").await;
    assert_eq!((stuck.status, stuck.json()["runs"].as_array().unwrap().len()), (503, 2));
    orders.give("work");
    worker.until(|worker| async { worker.get("/live").await.status == 200 }).await;
}

#[tokio::test]
async fn a_canary_says_whether_the_plugin_works() {
    let orders = Orders::new();
    let worker = orders.worker_with_canary(&["--cancel-grace", "0.5"]).await;
    orders.give("fail");
    // There is nothing to call.
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(worker.get("/ready").await.status, 200);
    assert_eq!(worker.post("/initialize", "{}").await.status, 200);
    let unhealthy = until_ready_says(&worker, "unhealthy").await;
    assert_eq!(unhealthy["detail"], "canary: it fails");
    orders.give("panic");
    let panicked = async || {
        until_ready_says(&worker, "unhealthy").await["detail"].to_string().contains("it panics")
    };
    crate::support::until(panicked).await;
    // Runs are accepted all the same.
    assert_eq!(worker.execute(json!({"op": "none"})).await.status, 200);
    orders.give("work");
    until_ready_says(&worker, "ready").await;

    orders.give("hang");
    let late = until_ready_says(&worker, "unhealthy").await;
    assert_eq!(late["detail"], "canary: the call has not returned within 0.1 s");
    let wedged = until_ready_says(&worker, "wedged").await;
    let canary = worker.get("/runs").await.json()["runs"][0].clone();
    assert_eq!((&canary["kind"], &canary["phase"]), (&json!("canary"), &json!("wedged")));
    assert_eq!(wedged["runs"][0]["id"], canary["id"]);
    orders.give("work");
    until_ready_says(&worker, "ready").await;
    // It counts as no run.
    let stats = worker.get("/stats").await.json();
    assert_eq!((&stats["runs"]["finished"], &stats["runs"]["failed"]), (&json!(1), &json!(0)));
    assert_eq!(stats["runs"]["timed_out"], 0, "{stats}");
    let exit = worker.stop().await;
    let lines = |text: &str| exit.stderr.lines().filter(|line| line.contains(text)).count();
    assert_eq!(lines("the canary failed"), 2, "{}", exit.stderr);
    assert_eq!(lines("the canary has succeeded again"), 2, "{}", exit.stderr);
}

#[tokio::test]
async fn another_instance_is_healthy_until_its_canary_fails() {
    let orders = Orders::new();
    let worker = orders.worker_with_canary(&[]).await;
    worker.post("/initialize", "{}").await;
    orders.give("fail");
    until_ready_says(&worker, "unhealthy").await;
    // Without an instance, there is nothing to be unhealthy, and nothing to call.
    assert_eq!(worker.post("/cleanup", "").await.status, 200);
    for _ in 0..20 {
        assert_eq!(worker.get("/ready").await.status, 200);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.execute(json!({"op": "none"})).await;
    until_ready_says(&worker, "unhealthy").await;
}

#[tokio::test]
async fn a_canary_creates_no_instance() {
    let orders = Orders::new();
    let worker = orders.worker_with_canary(&[]).await;
    let log = orders.folder.path().join("cleanups");
    worker.post("/initialize", &json!({"cleanup_log": log}).to_string()).await;
    assert_eq!(worker.post("/cleanup", "").await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(worker.stop().await.code, Some(0));
    // The stop had nothing to clean up.
    assert_eq!(fs::read_to_string(log).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_canary_neither_refuses_runs_nor_keeps_an_idle_worker() {
    let canary = r#"{"kwargs":{"op":"sleep","secs":0.04}}"#;
    let args = ["--canary", canary, "--canary-every", "0.05", "--queue", "0"];
    let args = [&args[..], &["--idle-timeout", "0.5"]].concat();
    let worker = Worker::start("Conformance", &args).await;
    let end = Instant::now() + Duration::from_millis(600);
    while Instant::now() < end {
        assert_eq!(worker.execute(json!({"op": "none"})).await.status, 200);
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    let runs = worker.get("/runs").await.json();
    let of_canaries = |run: &&Value| run["kind"] == "canary" && run["ended_at"] != Value::Null;
    assert_eq!(runs["runs"].as_array().unwrap().iter().find(of_canaries), None);
    let exit = worker.wait().await;
    assert!(exit.code == Some(0) && exit.stderr.contains("idle"), "{exit:?}");
}

#[tokio::test]
async fn a_wrong_canary_is_a_usage_error() {
    for (canary, message) in [
        ("{", "--canary: not a JSON object: EOF while parsing"),
        ("[]", "--canary: not a JSON object: "),
        (r#"{"args":1}"#, "--canary: args is not an array"),
        ("@/nowhere.json", "--canary: cannot read /nowhere.json: "),
    ] {
        let args = ["--module", "conformance", "--class", "Conformance", "--canary", canary];
        let ended = run_to_end(&args).await;
        assert_eq!(ended.code, Some(2), "{canary}: {ended:?}");
        assert!(ended.stderr.contains(message), "{canary}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_worker_is_not_ready_while_its_plugin_initializes() {
    let worker = Worker::conformance().await;
    let config = json!({"initialize_hangs": 0.4}).to_string();
    let initialized = worker.spawn_post("/initialize", &config);
    let initialising = until_ready_says(&worker, "initialising").await;
    assert!(initialising["for_s"].as_f64() < Some(SOON.as_secs_f64()), "{initialising}");
    let loading = json!({"progress": 0.25, "message": "loading", "run_id": null});
    let shows_progress = async || {
        let mut progress = worker.get("/progress").await.json();
        let stalled = progress.as_object_mut().unwrap().remove("stalled_for_s").unwrap();
        progress == loading && stalled.is_number()
    };
    crate::support::until(shows_progress).await;
    assert_eq!(worker.get("/live").await.status, 200);
    assert_eq!(initialized.await.unwrap().status, 200);
    // At once.
    assert_eq!(worker.get("/ready").await.json(), json!({"status": "ready", "runs": []}));
    assert_eq!(worker.get("/progress").await.json()["message"], "");

    // The first run after a cleanup creates the instance.
    assert_eq!(worker.post("/cleanup", "").await.status, 200);
    assert_eq!(worker.get("/ready").await.status, 200);
    let run = worker.spawn_run("first", json!({"op": "none"}));
    let initialising = until_ready_says(&worker, "initialising").await;
    assert_eq!(initialising["runs"][0]["id"], "first", "{initialising}");
    assert_eq!(run.await.unwrap().status, 200);
    assert_eq!(worker.get("/ready").await.status, 200);
}

#[tokio::test]
async fn a_worker_is_ready_as_soon_as_a_change_is_answered() {
    let worker = Worker::conformance().await;
    for _ in 0..50 {
        for path in ["/initialize", "/cleanup"] {
            assert_eq!(worker.post(path, "{}").await.status, 200);
            assert_eq!(worker.get("/ready").await.status, 200, "after {path}");
        }
    }
}

#[tokio::test]
async fn stats_say_when_runs_last_got_anywhere() {
    let worker = Worker::start("Parallel", &["--queue", "0"]).await;
    let times = async || {
        let stats = worker.get("/stats").await.json();
        ["last_progress_at", "last_finished_at"].map(|name| stats[name].as_str().map(str::to_owned))
    };
    // Their texts are in the order of time.
    let until_progress_after = async |former: Option<String>| {
        until_some(async || times().await[0].clone().filter(|at| Some(at) > former.as_ref())).await
    };
    assert_eq!(times().await, [None, None]);
    let silent = worker.spawn_run("silent", json!({"op": "hang", "secs": 600.0}));
    let started = until_progress_after(None).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(times().await, [Some(started.clone()), None]);

    let reporting = worker.spawn_run("reporting", json!({"op": "sleep", "secs": 600.0}));
    let reported = until_progress_after(Some(started)).await;
    let reported = until_progress_after(Some(reported)).await;
    reporting.abort();
    let [_, finished] =
        until_some(async || Some(times().await).filter(|[_, at]| at.is_some())).await;
    assert!(finished.clone().unwrap() >= reported);

    let mut stream = worker.open_stream(json!({"n": 1000, "delay": 0.01})).await;
    let mut former = None;
    for _ in 0..3 {
        stream.next().await.unwrap();
        former = Some(until_progress_after(former).await);
    }
    assert_eq!(times().await[1], finished);
    silent.abort();
}
