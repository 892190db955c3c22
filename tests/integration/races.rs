//! Cancels, leaving clients and changes of the plugin against runs that begin and end meanwhile.

use serde_json::json;
use universal_worker_host::RunState;

use crate::support::Worker;
use crate::support::in_time;

#[tokio::test]
async fn a_cancel_ends_the_run_and_no_later_one() {
    let worker = Worker::conformance().await;
    let mut overlapped = 0;
    for round in 0..200 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        // Every other time the first one takes its time to come back, so that the next one is there
        // before.
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
        assert_eq!(ended.status, 409, "round {round}");
        let error = &ended.json()["_job_error"];
        assert_eq!((&error["category"], &error["retriable"]), (&json!("transient"), &json!(false)));
        assert_eq!(next.await.unwrap().json(), "slept", "round {round}");
        let (a, b) = (worker.report(&a).await, worker.report(&b).await);
        assert_eq!(b.state, RunState::Finished);
        overlapped += usize::from(b.queued_at < a.ended_at.unwrap());
    }
    assert!(overlapped > 20, "the next run came before the first was back only {overlapped} times");
}

#[tokio::test]
async fn crossed_cancels_end_the_runs_they_name() {
    let worker = Worker::of_class("Parallel").await;
    for round in 0..50 {
        let ids = ["a", "b", "c", "d"].map(|name| format!("{name}-{round}"));
        // The first two are cancelled in the opposite order, while the others are at their end.
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
async fn clients_that_leave_under_load_leave_no_lane_taken() {
    let worker = Worker::start("Parallel", &["--queue", "64"]).await;
    for _ in 0..25 {
        let short = |n| match n % 3 {
            0 => worker.spawn_execute(json!({"op": "hang", "secs": 0.002})),
            1 => worker.spawn_execute(json!({})),
            _ => worker.spawn_post("/execute_stream", r#"{"kwargs":{"n":100000}}"#),
        };
        // Some leave before they are sent or while they are; some when they have their answer.
        (0..7).map(short).for_each(|run| run.abort());
        let answered: Vec<_> = (0..7).map(short).collect();
        // The others run, or are queued.
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
    // As many as before run at once, and no more.
    let runs: Vec<_> =
        (0..5).map(|_| worker.spawn_execute(json!({"op": "sleep", "secs": 60.0}))).collect();
    worker.until_stats(|runs| runs["running"] == 4 && runs["queued"] == 1).await;
    worker.post("/cancel", "").await;
    for run in runs {
        assert_eq!(run.await.unwrap().status, 409);
    }
}

#[tokio::test]
async fn an_initialize_gets_its_turn_under_load() {
    let worker = Worker::of_class("Parallel").await;
    let load = || worker.spawn_execute(json!({"op": "sleep", "secs": 0.02}));
    // At no time is there a moment without a run, were it only for the runs.
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
