//! A client that waits, cancels, leaves and sets deadlines at random.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use universal_worker_abi::Answer;
use universal_worker_abi::FaultKind;

use super::Disturbance;
use super::call;
use super::dice::Dice;
use super::restless::Act;
use super::restless::LINE_AS_JSON;
use super::restless::LINES;
use crate::runs::Cancelled;
use crate::runs::Failure;
use crate::runs::Framing;
use crate::runs::OnLeave;
use crate::runs::OpenStream;
use crate::runs::Pending;
use crate::runs::Reason;
use crate::runs::RunError;
use crate::runs::Runs;

const ROUNDS: u64 = 2_500;

/// What a client does about its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Waits,
    Cancels,
    Leaves,
    LeavesItToGoOn,
    SetsADeadline,
}

/// Tells how many of its runs were admitted.
pub(super) fn live(runs: &Arc<Runs>, client: u64, disturbance: Disturbance) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut dice = Dice(client);
    let mut admitted = 0;
    runtime.block_on(async {
        while admitted < ROUNDS {
            let manner = dice.one_of(&[
                Manner::Waits,
                Manner::Cancels,
                Manner::Leaves,
                Manner::LeavesItToGoOn,
                Manner::SetsADeadline,
            ]);
            let ends_by_itself = matches!(manner, Manner::Waits | Manner::LeavesItToGoOn);
            let acts = [Act::Answer, Act::Fail, Act::Panic, Act::Deaf, Act::Wait];
            let act = dice.one_of(if ends_by_itself { &acts[..4] } else { &acts });
            let mut call = call(act, dice.below(200));
            call.id = Some(format!("{client}-{admitted}"));
            match manner {
                Manner::SetsADeadline => {
                    call.timeout = Some(Duration::from_micros(dice.below(900)))
                }
                Manner::LeavesItToGoOn => call.on_leave = OnLeave::GoOn,
                _ => {}
            }
            let kind = dice.below(2);
            let admission = if kind == 0 {
                runs.execute(call).map(|run| Either::Answer(run, act))
            } else {
                runs.stream(call, Framing::Plain).map(|run| Either::Stream(run, act))
            };
            match admission {
                Ok(run) => {
                    admitted += 1;
                    conclude(runs, run, manner, disturbance, &mut dice).await;
                }
                Err(failure) => {
                    assert!(matches!(failure.error, RunError::QueueFull { .. }), "{failure:?}");
                    thread::yield_now();
                }
            }
        }
    });
    admitted
}

enum Either {
    Answer(Pending<Answer>, Act),
    Stream(Pending<()>, Act),
}

async fn conclude(
    runs: &Runs,
    run: Either,
    manner: Manner,
    disturbance: Disturbance,
    dice: &mut Dice,
) {
    let id = match &run {
        Either::Answer(run, _) => run.run_id().to_owned(),
        Either::Stream(run, _) => run.run_id().to_owned(),
    };
    for _ in 0..dice.below(20) {
        thread::yield_now();
    }
    let cancelled = match manner {
        Manner::Leaves | Manner::LeavesItToGoOn => return leave(run, dice.below(2) == 0).await,
        Manner::Cancels => runs.cancel_run(&id),
        Manner::Waits | Manner::SetsADeadline => Cancelled::NotSupported,
    };
    let (act, end) = match run {
        Either::Answer(run, act) => (act, run.told().await.result.map(drop).err()),
        Either::Stream(run, act) => match run.opened().await {
            Err((failure, _)) => (act, Some(failure)),
            Ok(stream) => return read(stream, act, manner, cancelled, disturbance).await,
        },
    };
    let as_it_acts = match (&end, act) {
        // A cancel that was taken is how it ends; it is not where the run was over before, which
        // nobody knows any more once 64 others have ended.
        (None, Act::Answer | Act::Deaf) => cancelled != Cancelled::Requested,
        (Some(Failure { error: RunError::Fault(fault), .. }), Act::Fail) => {
            fault.kind == FaultKind::Failed && cancelled != Cancelled::Requested
        }
        (Some(Failure { error: RunError::Fault(fault), .. }), Act::Panic) => {
            fault.kind == FaultKind::Panicked
        }
        _ => false,
    };
    let as_it_was_told = match (&end, manner) {
        (Some(Failure { error: RunError::Stopped(reason), .. }), manner) => {
            *reason == Reason::Cancel
                && (manner == Manner::Cancels || disturbance == Disturbance::CancelAndCleanUp)
                || *reason == Reason::Deadline && manner == Manner::SetsADeadline
        }
        _ => false,
    };
    assert!(as_it_acts || as_it_was_told, "{id}, {manner:?}, {act:?}: {end:?}");
}

/// Reads a stream to its end, and looks whether that is the right one.
async fn read(
    mut stream: OpenStream,
    act: Act,
    manner: Manner,
    cancelled: Cancelled,
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
        assert!(matches!(act, Act::Answer | Act::Deaf), "{act:?}: {text}");
        assert_eq!(values.len() as u64, LINES);
        return assert_ne!(cancelled, Cancelled::Requested);
    };
    assert_eq!(errors.len(), 1, "{text}");
    assert!(text.trim_end().ends_with(error), "it is the last line: {text}");
    let may_be_cancelled =
        manner == Manner::Cancels || disturbance == Disturbance::CancelAndCleanUp;
    let expected = match act {
        _ if error.contains("the run was cancelled") => may_be_cancelled,
        _ if error.contains("the deadline of the run") => manner == Manner::SetsADeadline,
        Act::Fail => error.contains("it fails") && cancelled != Cancelled::Requested,
        Act::Panic => error.contains("it panics"),
        _ => false,
    };
    assert!(expected, "{act:?}, {manner:?}: {error}");
}

/// At once, or after a look.
async fn leave(run: Either, at_once: bool) {
    if at_once {
        return;
    }
    match run {
        Either::Answer(run, _) => {
            let mut told = std::pin::pin!(run.told());
            poll_fn(|cx| Poll::Ready(told.as_mut().poll(cx).is_ready())).await;
        }
        Either::Stream(run, _) => {
            let mut opened = std::pin::pin!(run.opened());
            poll_fn(|cx| Poll::Ready(opened.as_mut().poll(cx).is_ready())).await;
        }
    }
}
