//! A question to the plugin that may take long and must not wait for a run: its health, its options.

use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;
use std::{fmt, io};

use tokio::sync::watch;

use crate::instance::plugin_thread;
use crate::instance::plugin_thread::ThreadListener;

/// Asks on a thread of its own, one question at a time; a caller that comes meanwhile shares the reply.
pub(super) struct Probe<T> {
    name: &'static str,
    listener: ThreadListener,
    state: Mutex<ProbeState<T>>,
}

struct ProbeState<T> {
    /// To the thread, which starts with the first question and ends when this is dropped.
    questions: Option<mpsc::Sender<Question<T>>>,
    /// The reply to the last question.
    last: Option<watch::Receiver<Option<T>>>,
}

struct Question<T> {
    ask: Box<dyn FnOnce() -> T + Send>,
    reply: watch::Sender<Option<T>>,
}

/// A reply that may not be there yet.
#[derive(Debug)]
pub(super) struct ProbeReply<T>(watch::Receiver<Option<T>>);

impl<T: Clone + Send + Sync + 'static> Probe<T> {
    /// `name` is the name of the thread.
    pub(super) fn new(name: &'static str, listener: ThreadListener) -> Self {
        Self { name, listener, state: Mutex::new(ProbeState { questions: None, last: None }) }
    }

    /// Asks, unless a reply is pending already.
    ///
    /// # Errors
    /// If the system refuses a thread; the next call tries again.
    pub(super) fn ask(
        &self,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<ProbeReply<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &state.last
            && last.borrow().is_none()
        {
            return Ok(ProbeReply(last.clone()));
        }
        let questions = match &state.questions {
            Some(questions) => questions.clone(),
            None => state.questions.insert(self.start()?).clone(),
        };
        let (reply, pending) = watch::channel(None);
        // Never fails: the thread lives as long as the sender.
        let _ = questions.send(Question { ask: Box::new(ask), reply });
        state.last = Some(pending.clone());
        Ok(ProbeReply(pending))
    }

    fn start(&self) -> io::Result<mpsc::Sender<Question<T>>> {
        let (questions, received) = mpsc::channel::<Question<T>>();
        plugin_thread::spawn(self.name.to_owned(), &self.listener, move || {
            for Question { ask, reply } in received {
                // Fails if nobody waits any more.
                let _ = reply.send(Some(ask()));
            }
        })?;
        Ok(questions)
    }
}

impl<T> fmt::Debug for Probe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T: Clone> ProbeReply<T> {
    /// Waits for the reply; `None` if it takes longer than `limit`.
    pub(super) async fn within(mut self, limit: Duration) -> Option<T> {
        let reply = tokio::time::timeout(limit, self.0.wait_for(Option::is_some)).await;
        reply.ok()?.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn callers_share_a_pending_reply_and_later_callers_ask_again() {
        let probe = Probe::new("test", ThreadListener::default());
        let gate = Arc::new(Barrier::new(2));
        let thread_gate = Arc::clone(&gate);
        let first = probe
            .ask(move || {
                thread_gate.wait();
                1
            })
            .unwrap();
        let same = probe.ask(|| 2).unwrap();
        assert_eq!(probe.ask(|| 3).unwrap().within(Duration::ZERO).await, None);
        tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        assert_eq!((first.within(LONG).await, same.within(LONG).await), (Some(1), Some(1)));
        assert_eq!(probe.ask(|| 4).unwrap().within(LONG).await, Some(4));
    }
}
