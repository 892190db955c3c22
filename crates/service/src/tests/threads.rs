//! Runs among real threads: clients wait, cancel, disconnect and set deadlines at random, while a
//! plugin answers, fails, panics, streams and ignores cancels, and is initialized and cleaned up.

mod client;
mod random;
mod restless;

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use universal_worker_abi::{Emitted, Lanes, RunContext};

use crate::background::background_context;
use crate::engine::Bounds;
use crate::engine::inspect::Counts;
use crate::engine::kept::KeptBounds;
use crate::io_threads::IoThreads;
use crate::run::framing::Framing;
use crate::runs::shutdown::Stopped;
use crate::runs::{CallThreads, CancelResult, Listeners, RunRequest, Runs};
use crate::tests::threads::random::Random;
use crate::tests::threads::restless::{Act, BROKEN, Restless};

const LANES: usize = 3;
const CLIENTS: u64 = 4;
/// Reached only by a test that hangs.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn each_run_ends_once_and_as_its_client_decided() {
    drive(Disturbance::Initialize, FirstThread::Own);
}

#[test]
fn no_run_is_lost_by_cancels_and_cleanups() {
    drive(Disturbance::CancelAndCleanUp, FirstThread::Own);
}

#[test]
fn both_hold_with_a_first_lane_of_the_embedder() {
    drive(Disturbance::Initialize, FirstThread::Embedder);
    drive(Disturbance::CancelAndCleanUp, FirstThread::Embedder);
}

#[test]
fn both_hold_for_calls_on_io_threads() {
    drive(Disturbance::Initialize, FirstThread::Io);
    drive(Disturbance::CancelAndCleanUp, FirstThread::Io);
}

#[test]
fn withdrawing_a_lifecycle_change_unblocks_the_runs_behind_it() {
    let _one = one_at_a_time();
    let runs = restless();
    let first = runs.execute(request(Act::Wait, 0)).unwrap();
    until(|| runs.counts().running == 1);
    let lifecycle = runs.initialize(Bytes::from("{}")).unwrap();
    let second = runs.execute(request(Act::Answer, 0)).unwrap();
    drop(lifecycle);
    // No other event wakes a lane.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let reply =
        runtime.block_on(async { tokio::time::timeout(LONG, second.reply(|| false)).await });
    assert!(reply.unwrap().result.is_ok());
    drop(first);
    // It is at work until it notices the cancel, and the next test counts runs at work.
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}

#[test]
fn a_stream_with_a_rejected_value_fails() {
    let _one = one_at_a_time();
    let runs = restless();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let not_utf8 = "the plugin emitted a value that is not UTF-8";
    for (act, expected) in [(Act::Answer, not_utf8), (Act::Fail, "it fails")] {
        let ahead: Vec<_> =
            (0..LANES).map(|_| runs.execute(request(Act::Wait, 0)).unwrap()).collect();
        let pending = runs.stream(request(act, 0), Framing::Frames).unwrap();
        // A typed plugin cannot emit it; the run waits in the queue meanwhile.
        let run = runs.newest_run().unwrap();
        assert_eq!(run.emit(b"\"\xff\""), Emitted::ReaderGone);
        drop(ahead);
        let mut stream = runtime.block_on(pending.opened(|| false)).unwrap();
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

/// What happens to all runs at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Initialize,
    CancelAndCleanUp,
}

/// The thread of the first lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstThread {
    Own,
    Embedder,
    /// A call may run on the thread that its client is on.
    Io,
}

fn drive(disturbance: Disturbance, first_thread: FirstThread) {
    let _one = one_at_a_time();
    let mut listeners = Listeners::default();
    let (ended, end) = mpsc::channel();
    if first_thread == FirstThread::Embedder {
        listeners.first_lane = Some(Box::new(move |work| {
            thread::spawn(move || {
                work();
                ended.send(()).unwrap();
            });
        }));
    }
    let io_threads = IoThreads::new(NonZeroUsize::MIN);
    let mut threads = CallThreads::default();
    if first_thread == FirstThread::Io {
        threads.lanes = Some(Lanes::Inline);
        threads.io_threads = Some(io_threads.clone());
    }
    let runs = restless_with(threads, listeners);
    let over = Arc::new(AtomicBool::new(false));

    let runtime = io_threads.start(|| {}, || {}).unwrap();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (runs, handle) = (Arc::clone(&runs), runtime.handle().clone());
            thread::spawn(move || {
                let client = client::run_client(runs, number, disturbance, first_thread);
                match first_thread {
                    FirstThread::Io => handle.block_on(handle.spawn(client)).unwrap(),
                    FirstThread::Own | FirstThread::Embedder => {
                        let alone = tokio::runtime::Builder::new_current_thread().build();
                        alone.unwrap().block_on(client)
                    }
                }
            })
        })
        .collect();
    let disturber = {
        let (runs, over) = (Arc::clone(&runs), Arc::clone(&over));
        thread::spawn(move || disturb(&runs, disturbance, &over))
    };
    let admitted: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    over.store(true, Ordering::SeqCst);
    disturber.join().unwrap();

    // Runs whose clients disconnected may continue.
    until(|| (runs.counts().running, runs.counts().queued) == (0, 0));
    let Counts { finished, failed, cancelled, timed_out, wedged, .. } = runs.counts();
    assert_eq!((finished + failed + cancelled + timed_out, wedged), (admitted, 0));
    assert!(
        !BROKEN.load(Ordering::SeqCst),
        "too many runs at once, or a run during a lifecycle change"
    );
    // All lanes are free: each takes a run.
    let last: Vec<_> = (0..LANES).map(|_| runs.execute(request(Act::Wait, 0)).unwrap()).collect();
    until(|| runs.counts().running == LANES as u64);
    drop(last);
    assert_eq!(runs.stop(LONG), Stopped::Clean);
    drop(runs);
    if first_thread == FirstThread::Embedder {
        end.recv_timeout(LONG).unwrap();
    }
}

/// The tests share the plugin's counters.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restless() -> Arc<Runs> {
    restless_with(CallThreads::default(), Listeners::default())
}

fn restless_with(threads: CallThreads, listeners: Listeners) -> Arc<Runs> {
    let class = universal_worker_plugin::in_process::<Restless>(background_context()).unwrap();
    let bounds = Bounds {
        lanes: LANES,
        queue: 4,
        cancel_grace: LONG,
        history: 64,
        kept: KeptBounds::default(),
    };
    Arc::new(Runs::new(class, bounds, None, threads, listeners))
}

fn until(holds: impl Fn() -> bool) {
    let started_at = Instant::now();
    while !holds() {
        assert!(started_at.elapsed() < LONG, "the condition never holds");
        thread::yield_now();
    }
}

fn request(act: Act, micros: u64) -> RunRequest {
    let body = serde_json::json!({ "kwargs": { "act": act, "micros": micros } });
    RunRequest { body: body.to_string().into(), ..RunRequest::default() }
}

fn disturb(runs: &Runs, disturbance: Disturbance, over: &AtomicBool) {
    let mut random = Random(99);
    while !over.load(Ordering::SeqCst) {
        match (disturbance, random.below(4)) {
            (Disturbance::CancelAndCleanUp, 0) => {
                runs.clean_up().unwrap().blocking_result().unwrap();
            }
            (Disturbance::CancelAndCleanUp, 1) => {
                assert_eq!(runs.cancel_all(), CancelResult::Requested);
            }
            (_, 2) => drop(runs.initialize(Bytes::from("{}")).unwrap()),
            _ => runs.initialize(Bytes::from("{}")).unwrap().blocking_result().unwrap().unwrap(),
        }
    }
}
