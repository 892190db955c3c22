//! A client that waits, cancels, disconnects and sets deadlines at random.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use universal_worker_abi::FaultKind;

use crate::run::cancel::CancelReason;
use crate::run::error::RunError;
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::options::OnDisconnect;
use crate::run::output::Answer;
use crate::runs::pending::{OpenStream, PendingRun};
use crate::runs::{CancelResult, Runs};
use crate::tests::threads::random::Random;
use crate::tests::threads::restless::{Act, LINE_AS_JSON, LINES};
use crate::tests::threads::{Disturbance, FirstThread, request};

const ROUNDS: u64 = 2_500;

/// What a client does with its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behavior {
    Waits,
    Cancels,
    Disconnects,
    DisconnectsAndContinues,
    SetsADeadline,
}

/// Returns how many of its runs were admitted.
pub(super) async fn run_client(
    runs: Arc<Runs>,
    client: u64,
    disturbance: Disturbance,
    first_thread: FirstThread,
) -> u64 {
    let mut random = Random(client);
    let mut admitted = 0;
    while admitted < ROUNDS {
        let behavior = random.one_of(&[
            Behavior::Waits,
            Behavior::Cancels,
            Behavior::Disconnects,
            Behavior::DisconnectsAndContinues,
            Behavior::SetsADeadline,
        ]);
        // While a call runs on the client's own thread, the client can do nothing.
        let ends_by_itself = first_thread == FirstThread::Io
            || matches!(behavior, Behavior::Waits | Behavior::DisconnectsAndContinues);
        let acts = [Act::Answer, Act::Fail, Act::Panic, Act::IgnoreCancel, Act::Wait];
        let act = random.one_of(if ends_by_itself { &acts[..4] } else { &acts });
        let mut request = request(act, random.below(200));
        request.id = Some(format!("{client}-{admitted}"));
        match behavior {
            Behavior::SetsADeadline => {
                request.timeout = Some(Duration::from_micros(random.below(900)));
            }
            Behavior::DisconnectsAndContinues => {
                request.on_disconnect = OnDisconnect::Continue;
            }
            _ => {}
        }
        let kind = random.below(2);
        let admission = if kind == 0 {
            runs.execute(request).map(|run| Either::Answer(run, act))
        } else {
            runs.stream(request, Framing::Plain).map(|run| Either::Stream(run, act))
        };
        match admission {
            Ok(run) => {
                admitted += 1;
                finish(&runs, run, behavior, disturbance, &mut random).await;
            }
            Err(failure) => {
                assert!(matches!(failure.error, RunError::QueueFull { .. }), "{failure:?}");
                thread::yield_now();
            }
        }
    }
    admitted
}

enum Either {
    Answer(PendingRun<Answer>, Act),
    Stream(PendingRun<()>, Act),
}

async fn finish(
    runs: &Runs,
    run: Either,
    behavior: Behavior,
    disturbance: Disturbance,
    random: &mut Random,
) {
    let id = match &run {
        Either::Answer(run, _) => run.run().id().to_owned(),
        Either::Stream(run, _) => run.run().id().to_owned(),
    };
    for _ in 0..random.below(20) {
        thread::yield_now();
    }
    let cancelled = match behavior {
        Behavior::Disconnects | Behavior::DisconnectsAndContinues => {
            return disconnect(run, random.below(2) == 0).await;
        }
        Behavior::Cancels => runs.cancel(&id),
        Behavior::Waits | Behavior::SetsADeadline => CancelResult::NotSupported,
    };
    let (act, end) = match run {
        Either::Answer(run, act) => (act, run.reply(|| false).await.result.map(drop).err()),
        Either::Stream(run, act) => match run.opened(|| false).await {
            Err((failure, _)) => (act, Some(failure)),
            Ok(stream) => return read(stream, act, behavior, cancelled, disturbance).await,
        },
    };
    let ends_as_it_acts = match (&end, act) {
        // A cancel that was accepted decides the end. An unknown run had ended before, and dropped
        // out of the history of 64.
        (None, Act::Answer | Act::IgnoreCancel) => cancelled != CancelResult::Requested,
        (Some(Failure { error: RunError::Fault(fault), .. }), Act::Fail) => {
            fault.kind == FaultKind::Failed && cancelled != CancelResult::Requested
        }
        (Some(Failure { error: RunError::Fault(fault), .. }), Act::Panic) => {
            fault.kind == FaultKind::Panicked
        }
        _ => false,
    };
    let ends_as_cancelled = match (&end, behavior) {
        (Some(Failure { error: RunError::Cancelled(reason), .. }), behavior) => {
            *reason == CancelReason::Cancel
                && (behavior == Behavior::Cancels || disturbance == Disturbance::CancelAndCleanUp)
                || *reason == CancelReason::Deadline && behavior == Behavior::SetsADeadline
        }
        _ => false,
    };
    assert!(ends_as_it_acts || ends_as_cancelled, "{id}, {behavior:?}, {act:?}: {end:?}");
}

/// Reads a stream, and checks its end.
async fn read(
    mut stream: OpenStream,
    act: Act,
    behavior: Behavior,
    cancelled: CancelResult,
    disturbance: Disturbance,
) {
    let mut all = Vec::new();
    while let Some(lines) = poll_fn(|cx| stream.poll_lines(cx)).await {
        all.extend_from_slice(&lines);
    }
    let text = String::from_utf8(all).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let (values, errors): (Vec<_>, Vec<_>) = text.lines().partition(|line| *line == LINE_AS_JSON);
    assert!(values.len() as u64 <= LINES, "{text}");
    let Some(error) = errors.first() else {
        assert!(matches!(act, Act::Answer | Act::IgnoreCancel), "{act:?}: {text}");
        assert_eq!(values.len() as u64, LINES);
        return assert_ne!(cancelled, CancelResult::Requested);
    };
    assert_eq!(errors.len(), 1, "{text}");
    assert!(text.trim_end().ends_with(error), "the error is the last line: {text}");
    let may_be_cancelled =
        behavior == Behavior::Cancels || disturbance == Disturbance::CancelAndCleanUp;
    let expected = match act {
        _ if error.contains("the run was cancelled") => may_be_cancelled,
        _ if error.contains("the deadline of the run") => behavior == Behavior::SetsADeadline,
        Act::Fail => error.contains("it fails") && cancelled != CancelResult::Requested,
        Act::Panic => error.contains("it panics"),
        _ => false,
    };
    assert!(expected, "{act:?}, {behavior:?}: {error}");
}

/// Disconnects at once, or after one poll.
async fn disconnect(run: Either, at_once: bool) {
    if at_once {
        return;
    }
    match run {
        Either::Answer(run, _) => {
            let mut reply = std::pin::pin!(run.reply(|| false));
            poll_fn(|cx| Poll::Ready(reply.as_mut().poll(cx).is_ready())).await;
        }
        Either::Stream(run, _) => {
            let mut opened = std::pin::pin!(run.opened(|| false));
            poll_fn(|cx| Poll::Ready(opened.as_mut().poll(cx).is_ready())).await;
        }
    }
}
