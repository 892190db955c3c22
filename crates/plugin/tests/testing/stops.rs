//! Runs that are told to stop.

use std::time::Duration;
use std::time::Instant;

use serde_json::json;
use universal_worker_plugin::testing::Harness;
use universal_worker_plugin::testing::Prepared;
use universal_worker_plugin::testing::When;

use crate::subject::Subject;

fn subject() -> Harness<Subject> {
    Harness::new(()).unwrap()
}

/// A run of ten steps is cancelled, and comes to so many reports of progress.
#[track_caller]
fn call_stops(when: When, reports: usize) {
    let run = subject().prepare().args(json!(["part", 10])).cancel(when).call();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.progress.len(), reports);
}

/// A stream of ten values is cancelled, and so many of them are taken.
#[track_caller]
fn stream_stops(when: When, values: usize) {
    let run = subject().prepare().args(json!(["part", 10])).cancel(when).stream();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.emitted.len(), values);
}

#[test]
fn a_run_sees_a_cancel_at_the_moment_that_was_chosen() {
    call_stops(When::AtOnce, 0);
    call_stops(When::AfterProgress(3), 3);
    stream_stops(When::AtOnce, 0);
    stream_stops(When::AfterProgress(3), 3);
    stream_stops(When::AfterEmitted(4), 4);
    stream_stops(When::Told("part 5"), 5);
    stream_stops(When::After(Duration::ZERO), 0);
}

#[test]
fn a_moment_that_does_not_come_changes_nothing() {
    let never = [When::AfterEmitted(11), When::Told("else"), When::After(Duration::from_secs(60))];
    let subject = subject();
    let stream = subject.prepare().args(json!(["part", 10]));
    let run = never.into_iter().fold(stream, Prepared::cancel).stream();
    assert_eq!((run.result.is_ok(), run.emitted.len()), (true, 10));
}

#[test]
fn values_are_not_taken_once_the_reader_has_left() {
    let left = When::AfterEmitted(2);
    let run = subject().prepare().args(json!(["part", 10])).reader_leaves(left).stream();
    assert!(run.failure().is_cancelled(), "{run:?}");
    assert_eq!(run.emitted.len(), 2);
}

#[test]
fn a_sleep_ends_with_the_cancel() {
    let begun = Instant::now();
    for when in [When::AtOnce, When::After(Duration::from_millis(20))] {
        let run = subject().prepare().args(["sleep"]).cancel(when).call();
        assert_eq!(run.output(), &json!({"stopped": true, "left": false}));
    }
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_deadline_is_told_and_stops_the_run() {
    let run = subject().prepare().args(["remaining"]).deadline(Duration::from_secs(60)).call();
    assert!((1.0..=60.0).contains(&run.output_as::<f64>()), "{run:?}");
    let run = subject().prepare().args(["sleep"]).deadline(Duration::from_millis(20)).call();
    assert_eq!(run.output(), &json!({"stopped": true, "left": true}));
    assert_eq!(subject().call(["remaining"], ()).output(), &json!(null));
}

#[test]
fn a_prefetch_is_cancelled_as_a_run_is() {
    let run = subject().prepare().cancel(When::Told("fetching")).prefetch();
    assert!(run.failure().is_cancelled(), "{run:?}");
    let run = subject().prefetch();
    assert_eq!(run.output(), &json!(null));
    assert_eq!(run.progress, [(0.5, "fetching")]);
}
