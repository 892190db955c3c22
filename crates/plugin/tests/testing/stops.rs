//! Runs that are stopped.

use std::time::{Duration, Instant};

use serde_json::json;
use universal_worker_plugin::testing::{CallBuilder, Harness, When};

use crate::subject::Subject;

fn subject() -> Harness<Subject> {
    Harness::new(()).unwrap()
}

/// Cancels a run of ten steps, which must make this number of progress reports.
#[track_caller]
fn call_stops(when: When, reports: usize) {
    let run = subject().prepare().args(json!(["part", 10])).cancel(when).call();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.progress.len(), reports);
}

/// Cancels a stream of ten values, which must emit this number of them.
#[track_caller]
fn stream_stops(when: When, values: usize) {
    let run = subject().prepare().args(json!(["part", 10])).cancel(when).stream();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.emitted.len(), values);
}

#[test]
fn a_run_is_cancelled_at_the_planned_moment() {
    call_stops(When::AtOnce, 0);
    call_stops(When::AfterProgress(3), 3);
    stream_stops(When::AtOnce, 0);
    stream_stops(When::AfterProgress(3), 3);
    stream_stops(When::AfterEmitted(4), 4);
    stream_stops(When::Status("part 5"), 5);
    stream_stops(When::After(Duration::ZERO), 0);
}

#[test]
fn a_moment_that_never_comes_has_no_effect() {
    let never =
        [When::AfterEmitted(11), When::Status("else"), When::After(Duration::from_secs(60))];
    let subject = subject();
    let stream = subject.prepare().args(json!(["part", 10]));
    let run = never.into_iter().fold(stream, CallBuilder::cancel).stream();
    assert_eq!((run.result.is_ok(), run.emitted.len()), (true, 10));
}

#[test]
fn values_are_rejected_after_the_reader_disconnects() {
    let left = When::AfterEmitted(2);
    let run = subject().prepare().args(json!(["part", 10])).reader_leaves(left).stream();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.emitted.len(), 2);
}

#[test]
fn a_cancel_ends_a_sleep() {
    let start = Instant::now();
    for when in [When::AtOnce, When::After(Duration::from_millis(20))] {
        let run = subject().prepare().args(["sleep"]).cancel(when).call();
        assert_eq!(run.output(), &json!({"stopped": true, "left": false}));
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_deadline_is_visible_and_stops_the_run() {
    let run = subject().prepare().args(["remaining"]).deadline(Duration::from_secs(60)).call();
    assert!((1.0..=60.0).contains(&run.output_as::<f64>()), "{run:?}");
    let run = subject().prepare().args(["sleep"]).deadline(Duration::from_millis(20)).call();
    assert_eq!(run.output(), &json!({"stopped": true, "left": true}));
    assert_eq!(subject().call(["remaining"], ()).output(), &json!(null));
}

#[test]
fn a_prefetch_can_be_cancelled() {
    let run = subject().prepare().cancel(When::Status("fetching")).prefetch();
    assert!(run.failure().is_cancelled(), "{run:?}");
    let run = subject().prefetch();
    assert_eq!(run.output(), &json!(null));
    assert_eq!(run.progress, [(0.5, "fetching")]);
}

#[test]
fn a_callback_learns_why_the_run_is_stopped() {
    let (subject, soon) = (subject(), Duration::from_millis(5));
    let call = |call: CallBuilder<'_>| call.call().result.unwrap();
    let call_it = || subject.prepare().args(json!(["on_cancel"]));
    assert_eq!(call(call_it().cancel(When::AtOnce)), "Ok(Cancel)");
    assert_eq!(call(call_it().cancel(When::After(soon))), "Ok(Cancel)");
    assert_eq!(call(call_it().deadline(soon)), "Ok(Deadline)");
    assert_eq!(call(subject.prepare().args(json!(["on_cancel_unused"]))), "ended");
}
