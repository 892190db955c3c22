//! Runs among real threads: clients that wait, cancel, leave and set deadlines at random, against a
//! plugin that answers, fails, panics, streams and is deaf, while it is initialised and cleaned up.

mod client;
mod dice;
mod restless;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use universal_worker_abi::Emitted;
use universal_worker_abi::RunContext;

use super::*;
use crate::outside::outside_run;
use crate::runs::tests::dice::Dice;
use crate::runs::tests::restless::Act;
use crate::runs::tests::restless::BROKEN;
use crate::runs::tests::restless::Restless;

const LANES: usize = 3;
const CLIENTS: u64 = 4;
/// Only what hangs comes near.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn each_run_ends_once_and_as_its_own_client_made_it_end() {
    drive(Disturbance::Initialize);
}

#[test]
fn cancels_and_cleanups_of_all_runs_lose_none() {
    drive(Disturbance::CancelAndCleanUp);
}

#[test]
fn a_change_that_is_withdrawn_lets_go_what_it_held_back() {
    let _one = one_at_a_time();
    let runs = restless();
    let first = runs.execute(call(Act::Wait, 0)).unwrap();
    until(|| runs.counts().running == 1);
    let change = runs.initialize(Bytes::from("{}")).unwrap();
    let second = runs.execute(call(Act::Answer, 0)).unwrap();
    drop(change);
    // Nothing else happens that could wake a lane.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let told = runtime.block_on(async { tokio::time::timeout(LONG, second.told()).await });
    assert!(told.unwrap().result.is_ok());
    drop(first);
    // It is at work until it notices, and the next test counts who is.
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}

#[test]
fn a_stream_of_which_a_value_was_refused_does_not_finish() {
    let _one = one_at_a_time();
    let runs = restless();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let not_utf8 = "the plugin emitted a value that is not UTF-8";
    for (act, expected) in [(Act::Answer, not_utf8), (Act::Fail, "it fails")] {
        let ahead: Vec<_> = (0..LANES).map(|_| runs.execute(call(Act::Wait, 0)).unwrap()).collect();
        let pending = runs.stream(call(act, 0), Framing::Frames).unwrap();
        // A typed plugin cannot do it; the run waits meanwhile.
        let run = runs.hub.look(|engine| engine.newest()).unwrap().0;
        assert_eq!(run.emit(b"\"\xff\""), Emitted::ReaderGone);
        drop(ahead);
        let mut stream = runtime.block_on(pending.opened()).unwrap();
        let mut text = Vec::new();
        while let Some(lines) = runtime.block_on(poll_fn(|cx| stream.poll_lines(cx))) {
            text.extend_from_slice(&lines);
        }
        let text = String::from_utf8(text).unwrap();
        let last = text.lines().last().unwrap();
        assert!(last.starts_with(&format!("{{\"error\":\"{expected}\"")), "{last}");
        assert!(text.lines().next().unwrap().starts_with("{\"chunk\":"), "{text}");
    }
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}

/// What happens to all runs meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Initialize,
    CancelAndCleanUp,
}

fn drive(disturbance: Disturbance) {
    let _one = one_at_a_time();
    let runs = restless();
    let over = Arc::new(AtomicBool::new(false));

    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let runs = Arc::clone(&runs);
            thread::spawn(move || client::live(&runs, client, disturbance))
        })
        .collect();
    let disturber = {
        let (runs, over) = (Arc::clone(&runs), Arc::clone(&over));
        thread::spawn(move || disturb(&runs, disturbance, &over))
    };
    let admitted: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    over.store(true, Ordering::SeqCst);
    disturber.join().unwrap();

    // Those whose clients left may still go on.
    until(|| (runs.counts().running, runs.counts().queued) == (0, 0));
    let Counts { finished, failed, cancelled, timed_out, wedged, .. } = runs.counts();
    assert_eq!((finished + failed + cancelled + timed_out, wedged), (admitted, 0));
    assert!(!BROKEN.load(Ordering::SeqCst), "more at once than allowed, or during a change");
    // All lanes are free: as many as there are take a run each.
    let last: Vec<_> = (0..LANES).map(|_| runs.execute(call(Act::Wait, 0)).unwrap()).collect();
    until(|| runs.counts().running == LANES as u64);
    drop(last);
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}

/// The plugin's counters are of the process.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restless() -> Arc<Runs> {
    let class = universal_worker_plugin::in_process::<Restless, _>(outside_run()).unwrap();
    let bounds = Bounds { lanes: LANES, queue: 4, cancel_grace: LONG, kept: 64 };
    Arc::new(Runs::new(class, bounds, None, Listeners::default()))
}

fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONG, "it does not come to hold");
        thread::yield_now();
    }
}

fn call(act: Act, micros: u64) -> Call {
    let body = serde_json::json!({ "kwargs": { "act": act, "micros": micros } });
    Call { body: body.to_string().into(), ..Call::default() }
}

fn disturb(runs: &Runs, disturbance: Disturbance, over: &AtomicBool) {
    let mut dice = Dice(99);
    while !over.load(Ordering::SeqCst) {
        match (disturbance, dice.below(4)) {
            (Disturbance::CancelAndCleanUp, 0) => {
                runs.cleanup().unwrap().blocking_done().unwrap();
            }
            (Disturbance::CancelAndCleanUp, 1) => {
                assert_eq!(runs.cancel(), Cancelled::Requested);
            }
            (_, 2) => drop(runs.initialize(Bytes::from("{}")).unwrap()),
            _ => runs.initialize(Bytes::from("{}")).unwrap().blocking_done().unwrap().unwrap(),
        }
    }
}
