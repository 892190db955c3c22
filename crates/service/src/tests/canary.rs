//! The canary and the wedged lanes, as the engine sees them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use universal_worker_abi::{Fault, FaultKind};

use crate::engine::admission::AdmissionError;
use crate::engine::inspect::Readiness;
use crate::engine::kept::KeptBounds;
use crate::engine::work::Work;
use crate::engine::{Bounds, Engine};
use crate::run::Run;
use crate::run::canary::CanaryVerdict;
use crate::run::cancel::CancelReason;
use crate::run::options::RunOptions;
use crate::run::output::{Operation, Output, RunOutput};
use crate::run::timestamp::Timestamp;

const GRACE: Duration = Duration::from_secs(1);

fn engine(lanes: usize, queue: usize) -> Engine<()> {
    let kept = KeptBounds::default();
    Engine::new(Bounds { lanes, queue, cancel_grace: GRACE, history: 4, kept })
}

fn run(output: Output) -> Arc<Run> {
    Arc::new(Run::new("r".to_owned(), RunOptions::default(), Timestamp::now(), 0, output))
}

fn plain_run() -> Arc<Run> {
    run(Output::answer(Operation::Execute).0)
}

fn canary() -> Arc<Run> {
    run(Output::Canary(Arc::new(CanaryVerdict::new(GRACE))))
}

/// Starts what is next, and returns its permit.
macro_rules! start {
    ($engine:ident, $now:expr) => {
        match $engine.take_next($now) {
            Some(Work::Run(permit, ..)) => permit,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn a_canary_takes_only_a_lane_that_nobody_wants() {
    let now = Instant::now();
    let mut engine = engine(2, 4);
    assert!(engine.admit_canary(&canary(), ()));
    assert!(!engine.admit_canary(&canary(), ()), "one is queued");
    let permit = start!(engine, now);
    assert!(!engine.admit_canary(&canary(), ()), "one is at work");
    assert!(engine.complete(permit, &Ok(RunOutput::Lines), now).is_some());
    engine.admit(&plain_run(), (), now).unwrap();
    assert!(!engine.admit_canary(&canary(), ()), "a run waits");
    let _running = start!(engine, now);
    assert!(engine.admit_canary(&canary(), ()), "a lane is free");
    let permit = start!(engine, now);
    assert!(engine.complete(permit, &Ok(RunOutput::Lines), now).is_some());
    engine.enqueue_lifecycle((), now).unwrap();
    assert!(!engine.admit_canary(&canary(), ()), "a lifecycle change waits");
    assert_eq!(engine.drain().len(), 1);
    assert!(!engine.admit_canary(&canary(), ()), "it drains");
}

#[test]
fn no_run_is_refused_for_a_canary() {
    let now = Instant::now();
    for starts in [false, true] {
        let mut engine = engine(1, 0);
        assert!(engine.admit_canary(&canary(), ()));
        let _permit = starts.then(|| start!(engine, now));
        assert_eq!(engine.readiness(now).0, Readiness::Ready);
        engine.admit(&plain_run(), (), now).unwrap();
        let refused = engine.admit(&plain_run(), (), now + GRACE);
        let full = AdmissionError::QueueFull { waiting: 1, retry_after: Duration::ZERO };
        assert_eq!(refused.unwrap_err(), full, "of a canary's age and time, there is no trace");
    }
}

#[test]
fn a_canary_leaves_no_trace() {
    let now = Instant::now();
    let mut engine = engine(1, 0);
    let before = engine.counts();
    for fails in [false, true] {
        assert!(engine.admit_canary(&canary(), ()));
        assert_eq!((engine.counts(), engine.idle_for(now)), (before, None));
        let permit = start!(engine, now);
        let counts = engine.counts();
        assert_eq!((counts.running, counts.lanes_held, engine.idle_for(now)), (0, 1, None));
        let failure = || {
            let info = r#"{"class":"C","name":"c","version":"1","config_schema":{},"args_schema":{},"output_schema":{}}"#;
            let error = Fault::new(FaultKind::Failed, "it fails").into();
            crate::run::failure::Failure::new(error, &serde_json::from_str(info).unwrap())
        };
        let outcome = if fails { Err(failure()) } else { Ok(RunOutput::Lines) };
        assert!(engine.complete(permit, &outcome, now + GRACE).is_some());
    }
    assert!(engine.newest().is_none() && engine.snapshots().is_empty());
    assert_eq!((engine.counts(), engine.idle_for(now)), (before, None));
    assert_eq!((engine.last_ended_at(), engine.last_returned_at()), (None, None));
}

#[test]
fn a_worker_is_stuck_once_every_lane_is_wedged_for_long() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut engine = engine(2, 4);
    let stuck = |engine: &Engine<()>, now| {
        engine.stuck(Duration::from_secs(60), now).map(|runs| runs.len())
    };
    let mut permits = Vec::new();
    for second in [0, 10] {
        engine.admit(&plain_run(), (), at(second)).unwrap();
        permits.push(start!(engine, at(second)));
        assert!(engine.cancel_all(CancelReason::Cancel, at(second)).replies.is_empty());
        assert_eq!(engine.tick(at(second) + GRACE).wedged.len(), 1);
    }
    // The second one is wedged since second 11.
    for (second, expected) in [(11, None), (70, None), (71, Some(2)), (3600, Some(2))] {
        assert_eq!(stuck(&engine, at(second)), expected, "{second}");
    }
    let permit = permits.pop().unwrap();
    assert!(engine.complete(permit, &Ok(RunOutput::Lines), at(3600)).is_some());
    assert_eq!(stuck(&engine, at(3600)), None);
}
