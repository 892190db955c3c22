//! The result of a run that outlives its client.
//!
//! The run sets it once, with its first reply; the engine decides how long it is kept.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Notify;

use crate::run::account::Account;
use crate::run::digest::Digest;
use crate::run::failure::Failure;

/// Whether the result of a run is kept for later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Keep {
    #[default]
    No,
    /// With the digest of its kind and body.
    Yes(Digest),
}

/// The result of one run, for any number of readers.
#[derive(Debug, Default)]
pub(crate) struct KeptResult {
    state: Mutex<State>,
    changed: Notify,
    is_read: AtomicBool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Pending,
    /// A stream whose lines can be read.
    Open,
    Kept(Arc<KeptReply>),
    Dropped(DropReason),
}

/// What the client of the run would have received.
#[derive(Debug)]
pub(crate) struct KeptReply {
    /// The answer; empty for a stream, whose lines are kept apart.
    pub(crate) result: Result<Bytes, Failure>,
    pub(crate) account: Option<Account>,
    /// The lines of the stream could be read before the end.
    pub(crate) was_open: bool,
}

/// A result, or why it was dropped.
pub(crate) type Ended = Result<Arc<KeptReply>, DropReason>;

/// What became of a result, as an observer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum ResultState {
    Pending,
    Kept,
    Dropped { reason: DropReason },
}

/// Why a result is no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DropReason {
    /// It was kept for as long as results are.
    Age,
    /// Later results needed the room, or it is larger than all of it.
    Room,
    /// A client deleted it.
    Deleted,
    /// A later run took the id.
    Replaced,
}

impl Keep {
    pub(crate) const fn is_yes(self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

impl KeptResult {
    /// Reports that the lines of a stream can be read.
    pub(crate) fn open(&self) {
        let mut state = self.locked();
        if let State::Pending = *state {
            *state = State::Open;
            drop(state);
            self.changed.notify_waiters();
        }
    }

    /// Sets the result, unless it has been dropped before it was there.
    pub(super) fn set(&self, result: Result<Bytes, Failure>, account: Option<&Account>) {
        let mut state = self.locked();
        let was_open = match *state {
            State::Pending => false,
            State::Open => true,
            State::Kept(_) | State::Dropped(_) => return,
        };
        *state = State::Kept(Arc::new(KeptReply { result, account: account.cloned(), was_open }));
        drop(state);
        self.changed.notify_waiters();
    }

    /// Drops the result; only the first reason counts.
    pub(crate) fn discard(&self, reason: DropReason) {
        let mut state = self.locked();
        if let State::Dropped(_) = *state {
            return;
        }
        let former = mem::replace(&mut *state, State::Dropped(reason));
        drop(state);
        drop(former);
        self.changed.notify_waiters();
    }

    pub(crate) fn state(&self) -> ResultState {
        match *self.locked() {
            State::Pending | State::Open => ResultState::Pending,
            State::Kept(_) => ResultState::Kept,
            State::Dropped(reason) => ResultState::Dropped { reason },
        }
    }

    pub(crate) fn drop_reason(&self) -> Option<DropReason> {
        match self.state() {
            ResultState::Dropped { reason } => Some(reason),
            ResultState::Pending | ResultState::Kept => None,
        }
    }

    /// The result, or why it was dropped; `None` while the run goes on.
    pub(crate) fn ended_now(&self) -> Option<Ended> {
        self.locked().ended()
    }

    /// Waits until the result is there, or has been dropped.
    pub(crate) async fn ended(&self) -> Ended {
        self.wait_for(State::ended).await
    }

    /// Waits until the lines of a stream can be read, or it has ended without any.
    pub(crate) async fn opened(&self) {
        self.wait_for(|state| (!matches!(state, State::Pending)).then_some(())).await;
    }

    async fn wait_for<T>(&self, chosen: impl Fn(&State) -> Option<T>) -> T {
        loop {
            // Before the check, so that no change is missed.
            let changed = self.changed.notified();
            if let Some(found) = chosen(&self.locked()) {
                return found;
            }
            changed.await;
        }
    }

    pub(crate) fn mark_read(&self) {
        self.is_read.store(true, Ordering::Relaxed);
    }

    /// Whether a client has received the result.
    pub(crate) fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Relaxed)
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ended(&self) -> Option<Ended> {
        match self {
            Self::Pending | Self::Open => None,
            Self::Kept(reply) => Some(Ok(Arc::clone(reply))),
            Self::Dropped(reason) => Some(Err(*reason)),
        }
    }
}

impl DropReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Room => "room",
            Self::Deleted => "deleted",
            Self::Replaced => "replaced",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn text(ended: Ended) -> Result<Bytes, DropReason> {
        ended.map(|reply| reply.result.clone().unwrap())
    }

    #[tokio::test]
    async fn all_readers_wake_at_the_end() {
        for reason in [None, Some(DropReason::Room)] {
            let kept = KeptResult::default();
            let expected = reason.map_or_else(|| Ok(Bytes::from("1")), Err);
            let end = async {
                tokio::task::yield_now().await;
                match reason {
                    None => kept.set(Ok("1".into()), None),
                    Some(reason) => kept.discard(reason),
                }
            };
            let (first, second, ..) = tokio::join!(kept.ended(), kept.ended(), kept.opened(), end);
            assert_eq!((text(first), text(second)), (expected.clone(), expected));
        }
    }

    #[tokio::test]
    async fn the_opening_of_a_stream_ends_no_wait_for_its_end() {
        let kept = KeptResult::default();
        let mut ended = pin!(kept.ended());
        let mut poll = || ended.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        let open = async { kept.open() };
        tokio::join!(kept.opened(), open);
        assert!(poll().is_pending());
        assert_eq!(kept.state(), ResultState::Pending);
        kept.set(Ok("".into()), None);
        assert!(matches!(poll(), Poll::Ready(Ok(reply)) if reply.was_open));
    }

    #[test]
    fn a_result_is_set_once_and_dropped_for_the_first_reason() {
        let kept = KeptResult::default();
        kept.set(Ok("1".into()), None);
        kept.open();
        kept.set(Ok("2".into()), None);
        let reply = kept.ended_now().unwrap().unwrap();
        assert_eq!((reply.result.clone().unwrap(), reply.was_open), ("1".into(), false));
        kept.discard(DropReason::Age);
        kept.discard(DropReason::Room);
        kept.set(Ok("3".into()), None);
        assert_eq!(kept.state(), ResultState::Dropped { reason: DropReason::Age });
        assert_eq!(kept.drop_reason(), Some(DropReason::Age));
        assert_eq!(text(kept.ended_now().unwrap()), Err(DropReason::Age));
    }
}
