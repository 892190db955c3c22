//! Kept streams, whose lines take room of their own.

use universal_worker_abi::Emitted;

use super::*;
use crate::engine::admission::AdmissionError;
use crate::engine::work::Work;
use crate::engine::{Bounds, Engine};
use crate::run::cancel::CancelReason;
use crate::run::cancel_token::CancelToken;
use crate::run::digest::Digest;
use crate::run::error::IdHolder;
use crate::run::kept::{Keep, ResultState};
use crate::run::kept_lines::{ALLOWANCE, KeptLines, Room};
use crate::run::options::RunOptions;
use crate::run::output::{Operation, Output, RunOutput};
use crate::run::timestamp::Timestamp;

/// As much as anybody likes.
#[derive(Debug)]
struct Unbounded;

impl Room for Unbounded {
    fn take(&self, _bytes: usize) -> bool {
        true
    }

    fn give_back(&self, _bytes: usize) {}
}

const ROOM: usize = 10 * ALLOWANCE;

fn results() -> KeptResults {
    KeptResults::new(KeptBounds { room: ROOM, ..KeptBounds::default() })
}

fn run(id: &str, output: Output) -> Arc<Run> {
    let keep = Keep::Yes(Digest::from_number(0));
    let options = RunOptions { keep, ..RunOptions::default() };
    Arc::new(Run::new(id.to_owned(), options, Timestamp::now(), 0, output))
}

fn stream(id: &str) -> (Arc<Run>, Arc<KeptLines>) {
    let lines = Arc::new(KeptLines::new(Arc::new(Unbounded)));
    (run(id, Output::kept_stream(Arc::clone(&lines)).0), lines)
}

fn answer(id: &str) -> Arc<Run> {
    run(id, Output::answer(Operation::Execute).0)
}

fn add(results: &mut KeptResults, run: &Arc<Run>, bytes: usize) {
    let key = EntryKey::default();
    results.add(key, run, bytes, Instant::now());
}

fn is_dropped(run: &Run) -> bool {
    matches!(run.kept().unwrap().state(), ResultState::Dropped { .. })
}

#[test]
fn a_stream_that_has_all_the_room_outlives_its_end() {
    let mut results = results();
    let (stream, other) = (stream("s").0, answer("a"));
    add(&mut results, &other, 0);
    assert!(results.take("s", ROOM));
    assert!(is_dropped(&other), "the oldest results give way to a stream");
    add(&mut results, &stream, 0);
    assert!(!is_dropped(&stream), "a stream drops lines rather than itself");
    assert!(!results.take("s", 1));
    assert!(!is_dropped(&stream));
    // Another one does not spare it.
    add(&mut results, &answer("b"), 0);
    assert!(is_dropped(&stream));
}

#[test]
fn a_line_without_any_room_drops_nothing() {
    let mut results = results();
    let other = answer("a");
    add(&mut results, &other, 0);
    assert!(!results.take("s", ROOM + 1));
    assert!(!is_dropped(&other));
}

#[test]
fn a_stream_that_is_dropped_gives_its_room_back() {
    for replaced in [false, true] {
        let mut results = results();
        let (stream, lines) = stream("s");
        let line = vec![b'1'; 2 * ALLOWANCE];
        assert_eq!(lines.push(&line, &CancelToken::default()), Emitted::Taken);
        // As it has taken it from the room of the test.
        assert!(results.take("s", lines.held() - ALLOWANCE));
        add(&mut results, &stream, 0);
        assert!(results.streams > 0);
        match replaced {
            false => assert_eq!(results.delete("s"), Some(Deletion::Deleted)),
            true => results.replace("s"),
        }
        assert_eq!(results.streams, 0);
        assert_eq!(lines.held(), 0);
    }
}

#[test]
fn what_a_run_says_of_itself_counts() {
    use universal_worker_abi::RunContext;
    let mut results = results();
    let quiet = answer("q");
    add(&mut results, &quiet, 0);
    assert_eq!(results.results.bytes(), OVERHEAD);
    let run = answer("a");
    run.progress(0.0, Some("12345"));
    run.usage(b"{\"k\":12}");
    run.attach_stack("stack");
    run.extension("response-header", br#"{"name":"x-a","value":"bc"}"#).unwrap();
    add(&mut results, &run, 0);
    assert_eq!(results.results.bytes(), 2 * OVERHEAD + 5 + 3 + 5 + 5);
}

#[test]
fn a_forgotten_id_takes_no_memory() {
    let bounds = KeptBounds { room: 0, tombstones: 2 * OVERHEAD, ..KeptBounds::default() };
    let mut results = KeptResults::new(bounds);
    for id in ["a", "b", "c", "d"] {
        add(&mut results, &answer(id), 0);
    }
    let mut known: Vec<_> = results.by_id.keys().map(String::as_str).collect();
    known.sort_unstable();
    assert_eq!(known, ["c", "d"]);
    assert_eq!(results.tombstones.entries().count(), 2);
}

#[test]
fn a_run_has_one_reply_whether_its_deadline_or_its_grace_comes_first() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    for (grace, deadline) in [(20, 10), (10, 20)] {
        let cancel_grace = Duration::from_millis(grace);
        let kept = KeptBounds { ttl: Duration::from_millis(5), ..KeptBounds::default() };
        let mut engine = Engine::new(Bounds { lanes: 1, queue: 1, cancel_grace, history: 0, kept });
        let keep = Keep::Yes(Digest::from_number(0));
        let options = RunOptions { keep, deadline: Some(at(deadline)), ..RunOptions::default() };
        let output = Output::answer(Operation::Execute).0;
        let run = Arc::new(Run::new("a".to_owned(), options, Timestamp::now(), 0, output));
        let key = engine.admit(&run, (), start).unwrap();
        let Some(Work::Run(permit, ..)) = engine.take_next(start) else { panic!("it can start") };
        let _ = engine.cancel(key, CancelReason::Cancel, start);
        assert_eq!(engine.tick(at(10)).replies.len(), 1);
        assert!(engine.has_unread_result());
        assert_eq!(engine.tick(at(15)).replies.len(), 0);
        assert!(!engine.has_unread_result(), "it is too old");
        assert_eq!(engine.tick(at(20)).replies.len(), 0);
        let _ = engine.complete(permit, &Ok(RunOutput::Lines), at(21));
        assert!(!engine.has_unread_result(), "it is not kept again");
    }
}

#[test]
fn while_draining_a_taken_id_is_said_to_be_taken() {
    let now = Instant::now();
    let kept = KeptBounds::default();
    let cancel_grace = Duration::ZERO;
    let mut engine = Engine::new(Bounds { lanes: 1, queue: 1, cancel_grace, history: 0, kept });
    let output = Output::answer(Operation::Execute).0;
    let plain = Run::new("a".to_owned(), RunOptions::default(), Timestamp::now(), 0, output);
    engine.admit(&Arc::new(plain), (), now).unwrap();
    drop(engine.drain());
    let again = engine.admit_once(&answer("a"), (), now).unwrap_err();
    assert_eq!(again, AdmissionError::IdTaken(IdHolder::Live));
    let other = engine.admit_once(&answer("b"), (), now).unwrap_err();
    assert_eq!(other, AdmissionError::Draining);
}
