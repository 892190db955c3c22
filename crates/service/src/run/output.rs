//! What comes out of a run, and the one place that tells its client of the end.

use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Serialize;
use tokio::sync::oneshot;
use universal_worker_abi::Answer;

use crate::json;
use crate::runs::account::Account;
use crate::runs::failure::Failure;
use crate::runs::lines::Framing;
use crate::runs::lines::Lines;

/// The way from a run to its client.
///
/// A client is told once; whoever comes later (the plugin after a deadline) finds nobody waiting.
#[derive(Debug)]
pub(crate) enum Output {
    /// One answer, at the end.
    Answer { client: Client<Answer> },
    /// Lines, as they come; the client is told when they can.
    Stream { client: Client<()>, lines: Lines },
    /// Nothing but that it is done.
    Prefetch { client: Client<Prefetched> },
}

type Client<T> = Mutex<Option<oneshot::Sender<Told<T>>>>;

/// What a client is told.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub(crate) result: Result<T, Failure>,
    /// None where the run goes on.
    pub(crate) account: Option<Account>,
}

/// What a plugin brought.
#[derive(Debug)]
pub(crate) enum Brought {
    Answer(Answer),
    /// All there is was emitted.
    Lines,
    Prefetched(Prefetched),
}

/// What came of a prefetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefetched {
    Done,
    /// The class has nothing to fetch.
    NotSupported,
}

/// The last frame of a stream that came to its end.
#[derive(Serialize)]
struct EndFrame<'a> {
    end: &'a Account,
}

impl Output {
    pub(crate) fn answer() -> (Self, oneshot::Receiver<Told<Answer>>) {
        let (client, told) = oneshot::channel();
        (Self::Answer { client: Mutex::new(Some(client)) }, told)
    }

    /// The receiver is told when lines can come: the arguments are bound.
    pub(crate) fn stream(framing: Framing) -> (Self, oneshot::Receiver<Told<()>>) {
        let (client, told) = oneshot::channel();
        let lines = Lines::new(framing);
        (Self::Stream { client: Mutex::new(Some(client)), lines }, told)
    }

    pub(crate) fn prefetch() -> (Self, oneshot::Receiver<Told<Prefetched>>) {
        let (client, told) = oneshot::channel();
        (Self::Prefetch { client: Mutex::new(Some(client)) }, told)
    }

    pub(crate) fn lines(&self) -> Option<&Lines> {
        match self {
            Self::Answer { .. } | Self::Prefetch { .. } => None,
            Self::Stream { lines, .. } => Some(lines),
        }
    }

    /// From now on, lines can come.
    pub(crate) fn open(&self) {
        if let Self::Stream { client, .. } = self {
            tell(client, Told { result: Ok(()), account: None });
        }
    }

    /// Tells the client that the run is over; nothing happens where it was told before.
    pub(crate) fn close(&self, brought: Result<Brought, Failure>, account: Account) {
        match (self, brought) {
            (Self::Answer { client }, Ok(Brought::Answer(answer))) => {
                tell(client, Told { result: Ok(answer), account: Some(account) });
            }
            (Self::Answer { client }, Err(failure)) => {
                tell(client, Told { result: Err(failure), account: Some(account) });
            }
            (Self::Stream { client, lines }, Ok(_)) => {
                let frames = lines.framing() == Framing::Frames;
                lines.finish(frames.then(|| json::bytes(&EndFrame { end: &account })));
                tell(client, Told { result: Ok(()), account: None });
            }
            (Self::Stream { client, lines }, Err(failure)) => {
                let line = failure.job_error.line();
                // Before the first line, the client learns it from the answer's status.
                let told = tell(client, Told { result: Err(failure), account: Some(account) });
                lines.finish((!told).then_some(line));
            }
            (Self::Prefetch { client }, Ok(Brought::Prefetched(came))) => {
                tell(client, Told { result: Ok(came), account: Some(account) });
            }
            (Self::Prefetch { client }, Err(failure)) => {
                tell(client, Told { result: Err(failure), account: Some(account) });
            }
            // Each brings what it was asked for.
            (Self::Answer { .. } | Self::Prefetch { .. }, Ok(_)) => {}
        }
    }
}

/// Tells a client that was not told before; false where it was.
fn tell<T>(client: &Client<T>, told: Told<T>) -> bool {
    let waiting = client.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(waiting) = waiting else { return false };
    // A client that left does not listen.
    let _ = waiting.send(told);
    true
}
