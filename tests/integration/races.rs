//! Cancels, disconnects and config changes during runs that start and end.

use serde_json::json;
use universal_worker_host::RunState;

use crate::support::{Worker, in_time};

#[tokio::test]
async fn a_cancel_does_not_affect_later_runs() {
    let worker = Worker::conformance().await;
    let mut overlapped = 0;
    for round in 0..200 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        // In every other round the first run returns late, so that the next one arrives before that.
        let deaf = round % 2 == 1;
        let first = worker.spawn_run(
            &a,
            match deaf {
                false => json!({"op": "sleep", "secs": 60.0}),
                true => json!({"op": "hang", "secs": 0.05}),
            },
        );
        worker.until_state(&a, RunState::Running).await;
        assert_eq!(worker.post("/cancel", "").await.json(), json!({"status": "cancelled"}));
        let next = worker.spawn_run(&b, json!({"op": "sleep", "secs": 0.002}));
        let ended = first.await.unwrap();
        // On a busy machine it may return before the cancel arrives.
        if !(deaf && ended.status == 200) {
            assert_eq!(ended.status, 409, "round {round}");
            let error = &ended.json()["_job_error"];
            let expected = (&json!("transient"), &json!(false));
            assert_eq!((&error["category"], &error["retriable"]), expected);
        }
        assert_eq!(next.await.unwrap().json(), "slept", "round {round}");
        let (a, b) = (worker.report(&a).await, worker.report(&b).await);
        assert_eq!(b.state, RunState::Finished);
        overlapped += usize::from(b.queued_at < a.ended_at.unwrap());
    }
    assert!(
        overlapped > 20,
        "the next run arrived before the first returned only {overlapped} times"
    );
}

#[tokio::test]
async fn concurrent_cancels_end_only_the_named_runs() {
    let worker = Worker::of_class("Parallel").await;
    for round in 0..50 {
        let ids = ["a", "b", "c", "d"].map(|name| format!("{name}-{round}"));
        // The first two are cancelled in reverse order while the others finish.
        let long = json!({"op": "sleep", "secs": 60.0});
        let short = json!({"op": "sleep", "secs": 0.004});
        let cancelled = [&ids[0], &ids[1]].map(|id| worker.spawn_run(id, long.clone()));
        worker.until_running(2).await;
        let others = [&ids[2], &ids[3]].map(|id| worker.spawn_run(id, short.clone()));
        let (one, other) =
            tokio::join!(worker.client().cancel_run(&ids[1]), worker.client().cancel_run(&ids[0]));
        assert!(one.unwrap() && other.unwrap());
        for run in cancelled {
            assert_eq!(run.await.unwrap().status, 409, "round {round}");
        }
        for run in others {
            assert_eq!(run.await.unwrap().json(), "slept", "round {round}");
        }
        let states =
            [RunState::Cancelled, RunState::Cancelled, RunState::Finished, RunState::Finished];
        for (id, state) in ids.iter().zip(states) {
            assert_eq!(worker.report(id).await.state, state, "{id}");
        }
    }
}

#[tokio::test]
async fn disconnects_under_load_free_all_lanes() {
    let worker = Worker::start("Parallel", &["--queue", "64"]).await;
    for _ in 0..25 {
        let short = |n| match n % 3 {
            0 => worker.spawn_execute(json!({"op": "hang", "secs": 0.002})),
            1 => worker.spawn_execute(json!({})),
            _ => worker.spawn_post("/execute_stream", r#"{"kwargs":{"n":100000}}"#),
        };
        // Some disconnect before or while their request is sent, others after their response.
        (0..7).map(short).for_each(|run| run.abort());
        let answered: Vec<_> = (0..7).map(short).collect();
        // These run or are queued.
        let held: Vec<_> =
            (0..6).map(|_| worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}))).collect();
        worker.until_stats(|runs| runs["running"] == 4 && runs["queued"].as_u64() >= Some(1)).await;
        answered.into_iter().chain(held).for_each(|run| run.abort());
    }
    worker.until_stats(|runs| runs["running"] == 0 && runs["queued"] == 0).await;
    let counts = &worker.get("/stats").await.json()["runs"];
    let cancelled = counts["cancelled"].as_u64().unwrap();
    assert!(cancelled >= 25 * 5, "{counts}: of each batch four ran and one was queued");
    for run in worker.client().runs().await.unwrap() {
        assert!(run.state.is_final() && !run.lane_held, "{run:?}");
    }
    // The concurrency is the same as before.
    let runs: Vec<_> =
        (0..5).map(|_| worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}))).collect();
    worker.until_stats(|runs| runs["running"] == 4 && runs["queued"] == 1).await;
    worker.post("/cancel", "").await;
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
}

#[tokio::test]
async fn an_initialize_is_not_starved_under_load() {
    let worker = Worker::of_class("Parallel").await;
    let load = || worker.spawn_execute(json!({"op": "sleep", "secs": 0.02}));
    // At every moment there are runs, so the initialize has to get its turn between them.
    let mut runs: Vec<_> = (0..12).map(|_| load()).collect();
    for round in 0..5 {
        let config = json!({ "round": round });
        in_time(async {
            let mut initialized = std::pin::pin!(worker.client().initialize(&config));
            loop {
                tokio::select! {
                    done = &mut initialized => break done.unwrap(),
                    ended = runs.remove(0) => {
                        assert_eq!(ended.unwrap().status, 200);
                        runs.push(load());
                    }
                }
            }
        })
        .await;
        assert_eq!(worker.get("/config").await.json(), config);
        runs.extend((runs.len()..12).map(|_| load()));
    }
    for run in runs {
        assert_eq!(run.await.unwrap().status, 200);
    }
}
