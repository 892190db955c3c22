//! The way from a run to its client, and the one place that sends the client its reply.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::oneshot;
use universal_worker_abi::{Emitted, JsonText};

use crate::encode;
use crate::run::account::Account;
use crate::run::canary::CanaryVerdict;
use crate::run::cancel_token::CancelToken;
use crate::run::failure::Failure;
use crate::run::framing::Framing;
use crate::run::kept::KeptResult;
use crate::run::kept_lines::{KeptLines, StreamEnd};
use crate::run::lines::{Lines, Written};
use crate::run::options::IncludeAccount;

/// The way from a run to its client.
///
/// A client gets one reply; a later one (a plugin that returns after the deadline) is discarded.
#[derive(Debug)]
pub(crate) enum Output {
    /// One answer, at the end.
    Answer { client: Client<Answer>, operation: Operation },
    /// Lines as the plugin emits them; the reply says that reading can begin.
    Stream { client: Client<()>, lines: StreamLines },
    /// Only the end of the prefetch.
    Prefetch { client: Client<PrefetchResult> },
    /// The end of a canary, which `/ready` reads later.
    Canary(Arc<CanaryVerdict>),
}

/// The lines of a stream.
#[derive(Debug)]
pub(crate) enum StreamLines {
    /// For the client of the run.
    Direct(Lines),
    /// For any number of readers, later ones, too.
    Kept(Arc<KeptLines>),
}

/// The answer of a plugin.
#[derive(Debug)]
pub(crate) enum Answer {
    Plugin(JsonText),
    /// Shared with those who read it later.
    Shared(Bytes),
}

/// What a run with one answer calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Execute,
    /// The extension of this name: of the instance, or of the class if there is none.
    Extension(&'static str),
}

type Client<T> = Mutex<Option<oneshot::Sender<Reply<T>>>>;

/// What the client of a run receives.
#[derive(Debug)]
pub(crate) struct Reply<T> {
    pub(crate) result: Result<T, Failure>,
    /// None unless the client wants it, or while the run continues.
    pub(crate) account: Option<Account>,
}

/// How the plugin returned from a run.
pub(crate) type Outcome = Result<RunOutput, Failure>;

/// What the plugin returned.
#[derive(Debug)]
pub(crate) enum RunOutput {
    Answer(JsonText),
    /// Everything was emitted as lines.
    Lines,
    Prefetch(PrefetchResult),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrefetchResult {
    Done,
    /// The class has nothing to fetch.
    NotSupported,
}

/// The last frame of a stream that ends without an error.
#[derive(Serialize)]
struct EndFrame<'a> {
    end: &'a Account,
}

impl StreamLines {
    /// Appends a line.
    pub(crate) fn push(&self, json: &[u8], cancel: &CancelToken) -> Emitted {
        match self {
            Self::Direct(lines) => lines.push(json, cancel),
            Self::Kept(lines) => lines.push(json, cancel),
        }
    }

    pub(crate) fn written(&self) -> Written {
        match self {
            Self::Direct(lines) => lines.written(),
            Self::Kept(lines) => lines.written(),
        }
    }

    /// Wakes a waiting producer, so that it checks its cancel token.
    pub(super) fn wake_producer(&self) {
        match self {
            Self::Direct(lines) => lines.wake_producer(),
            Self::Kept(lines) => lines.wake_producer(),
        }
    }

    /// Whether a reader may get the account as the last line.
    pub(super) fn may_end_with_account(&self) -> bool {
        match self {
            Self::Direct(lines) => lines.framing() == Framing::Frames,
            // A later reader says how it reads.
            Self::Kept(_) => true,
        }
    }
}

impl From<Answer> for Bytes {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Plugin(answer) => Self::from_owner(answer),
            Answer::Shared(answer) => answer,
        }
    }
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Plugin(answer) => answer.as_ref(),
            Self::Shared(answer) => answer,
        }
    }
}

impl Output {
    pub(crate) fn answer(operation: Operation) -> (Self, oneshot::Receiver<Reply<Answer>>) {
        let (client, reply) = oneshot::channel();
        (Self::Answer { client: Mutex::new(Some(client)), operation }, reply)
    }

    /// The reply comes once the arguments are bound, when lines can follow.
    pub(crate) fn stream(framing: Framing) -> (Self, oneshot::Receiver<Reply<()>>) {
        let (client, reply) = oneshot::channel();
        let lines = StreamLines::Direct(Lines::new(framing));
        (Self::Stream { client: Mutex::new(Some(client)), lines }, reply)
    }

    /// A stream whose lines are kept.
    pub(crate) fn kept_stream(lines: Arc<KeptLines>) -> (Self, oneshot::Receiver<Reply<()>>) {
        let (client, reply) = oneshot::channel();
        let lines = StreamLines::Kept(lines);
        (Self::Stream { client: Mutex::new(Some(client)), lines }, reply)
    }

    pub(crate) fn prefetch() -> (Self, oneshot::Receiver<Reply<PrefetchResult>>) {
        let (client, reply) = oneshot::channel();
        (Self::Prefetch { client: Mutex::new(Some(client)) }, reply)
    }

    /// The kind of the run, as reports name it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Answer { operation: Operation::Execute, .. } => "execute",
            Self::Answer { operation: Operation::Extension(name), .. } => name,
            Self::Stream { .. } => "stream",
            Self::Prefetch { .. } => "prefetch",
            Self::Canary(_) => "canary",
        }
    }

    pub(crate) fn lines(&self) -> Option<&StreamLines> {
        match self {
            Self::Answer { .. } | Self::Prefetch { .. } | Self::Canary(_) => None,
            Self::Stream { lines, .. } => Some(lines),
        }
    }

    pub(crate) fn kept_lines(&self) -> Option<&Arc<KeptLines>> {
        match self {
            Self::Stream { lines: StreamLines::Kept(lines), .. } => Some(lines),
            _ => None,
        }
    }

    /// Reports to the readers of a stream that lines can follow.
    pub(super) fn open(&self, kept: Option<&KeptResult>) {
        if let Self::Stream { client, .. } = self {
            // In this order: an end in between, of the clock's thread, then is a line for readers who
            // see the stream open, and a status for those who do not.
            send(client, Ok(()), None);
            if let Some(kept) = kept {
                kept.open();
            }
        }
    }

    /// Whether the lines of a stream have begun, so that its response has its headers.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Answer { .. } | Self::Prefetch { .. } | Self::Canary(_) => false,
            Self::Stream { client, .. } => {
                client.lock().unwrap_or_else(PoisonError::into_inner).is_none()
            }
        }
    }

    /// Sends the client the end of the run, unless it already has a reply, after keeping it.
    pub(super) fn close(
        &self,
        outcome: Outcome,
        account: Option<Account>,
        kept: Option<(&KeptResult, IncludeAccount)>,
    ) {
        match (self, outcome) {
            (Self::Answer { client, .. }, Ok(RunOutput::Answer(answer))) => {
                let answer = match kept {
                    None => Answer::Plugin(answer),
                    Some((kept, _)) => {
                        let answer = shared(answer);
                        kept.set(Ok(answer.clone()), account.as_ref());
                        Answer::Shared(answer)
                    }
                };
                send(client, Ok(answer), account);
            }
            (Self::Answer { client, .. }, Err(failure)) => {
                if let Some((kept, _)) = kept {
                    kept.set(Err(failure.clone()), account.as_ref());
                }
                send(client, Err(failure), account);
            }
            (Self::Stream { client, lines }, outcome) => {
                let result = outcome.map(|_| ());
                match lines {
                    StreamLines::Direct(lines) => close_direct(client, lines, result, account),
                    StreamLines::Kept(lines) => {
                        close_kept(client, lines, result, account, kept);
                    }
                }
            }
            (Self::Prefetch { client }, Ok(RunOutput::Prefetch(result))) => {
                send(client, Ok(result), account);
            }
            (Self::Prefetch { client }, Err(failure)) => {
                send(client, Err(failure), account);
            }
            (Self::Canary(verdict), outcome) => verdict.record(&outcome),
            // The executor returns the output that matches the request.
            (Self::Answer { .. } | Self::Prefetch { .. }, Ok(_)) => {}
        }
    }
}

fn close_direct(
    client: &Client<()>,
    lines: &Lines,
    result: Result<(), Failure>,
    account: Option<Account>,
) {
    match result {
        Ok(()) => {
            let end = account.filter(|_| lines.framing() == Framing::Frames);
            lines.finish(end.map(|end| encode::to_line(&EndFrame { end: &end })));
            send(client, Ok(()), None);
        }
        Err(failure) => {
            let line = failure.job_error.to_line(failure.error.code());
            // Before the first line, the status of the response reports the failure.
            let sent = send(client, Err(failure), account);
            lines.finish((!sent).then_some(line));
        }
    }
}

fn close_kept(
    client: &Client<()>,
    lines: &KeptLines,
    result: Result<(), Failure>,
    account: Option<Account>,
    kept: Option<(&KeptResult, IncludeAccount)>,
) {
    let was_open = client.lock().unwrap_or_else(PoisonError::into_inner).is_none();
    lines.finish(match &result {
        Err(failure) if was_open => {
            StreamEnd::Failed { line: failure.job_error.to_line(failure.error.code()) }
        }
        // Its status reports the failure.
        Err(_) => StreamEnd::Complete { frame: None },
        Ok(()) => {
            let frame = account.as_ref().map(|end| encode::to_line(&EndFrame { end }));
            StreamEnd::Complete { frame }
        }
    });
    // Readers of frames have it; others ask for it.
    let asks = kept.is_some_and(|(_, include)| include == IncludeAccount::Yes);
    let account = account.filter(|_| asks);
    if let Some((kept, _)) = kept {
        kept.set(result.clone().map(|()| Bytes::new()), account.as_ref());
    }
    send(client, result, account);
}

/// The answer for any number of readers.
fn shared(answer: JsonText) -> Bytes {
    /// Up to this, a copy costs little.
    const COPIED: usize = 64 * 1024;
    let text = answer.as_ref();
    // The bound of all results is one of memory, and a text that grew by doubling may hold twice as much.
    let is_tight = answer.capacity() - text.len() <= text.len() / 8;
    if text.len() > COPIED && is_tight {
        Bytes::from_owner(answer)
    } else {
        Bytes::copy_from_slice(text)
    }
}

/// Sends the reply; returns false if the client already has one.
fn send<T>(client: &Client<T>, result: Result<T, Failure>, account: Option<Account>) -> bool {
    let sender = client.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(sender) = sender else { return false };
    // Fails if the client disconnected.
    let _ = sender.send(Reply { result, account });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_answer_holds_hardly_more_memory_than_its_text() {
        for (len, capacity, is_copied) in [
            (1, 1, true),
            (100_000, 100_000, false),
            (100_000, 110_000, false),
            (100_000, 130_000, true),
        ] {
            let mut text = vec![b'1'; len];
            text.reserve_exact(capacity - len);
            let text = JsonText::from(text);
            let place = text.as_ref().as_ptr();
            let kept = shared(text);
            assert_eq!(kept.len(), len);
            assert_eq!(kept.as_ptr() != place, is_copied, "{len} of {capacity}");
        }
    }
}
