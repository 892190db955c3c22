//! A question to the plugin that may take long and must not wait for a run: its health, its options.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::runs::lanes::STACK;

/// Asks on a thread of its own, one at a time; whoever asks meanwhile gets the same answer.
pub(super) struct Inquiry<T> {
    name: &'static str,
    begin: Arc<dyn Fn() + Send + Sync>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// To the thread, which is started by the first question and ends with this.
    orders: Option<mpsc::Sender<Order<T>>>,
    /// The answer to the last question.
    last: Option<watch::Receiver<Option<T>>>,
}

struct Order<T> {
    question: Box<dyn FnOnce() -> T + Send>,
    answer: watch::Sender<Option<T>>,
}

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Asked<T>(watch::Receiver<Option<T>>);

impl<T: Clone + Send + Sync + 'static> Inquiry<T> {
    /// Its thread has this name, and first of all calls `begin`.
    pub(super) fn new(name: &'static str, begin: impl Fn() + Send + Sync + 'static) -> Self {
        Self { name, begin: Arc::new(begin), state: Mutex::new(State { orders: None, last: None }) }
    }

    /// Asks, where no answer is on its way already.
    ///
    /// # Errors
    /// When the system gives no thread; the next question tries again.
    pub(super) fn ask(
        &self,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Asked<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &state.last
            && last.borrow().is_none()
        {
            return Ok(Asked(last.clone()));
        }
        let orders = match &state.orders {
            Some(orders) => orders.clone(),
            None => state.orders.insert(self.start()?).clone(),
        };
        let (answer, asked) = watch::channel(None);
        // Never fails: the thread is there as long as its orders can come.
        let _ = orders.send(Order { question: Box::new(question), answer });
        state.last = Some(asked.clone());
        Ok(Asked(asked))
    }

    fn start(&self) -> io::Result<mpsc::Sender<Order<T>>> {
        let (orders, ordered) = mpsc::channel::<Order<T>>();
        let begin = Arc::clone(&self.begin);
        let answering = move || {
            begin();
            for Order { question, answer } in ordered {
                // Nobody may be waiting any more.
                let _ = answer.send(Some(question()));
            }
        };
        let builder = thread::Builder::new().name(self.name.to_owned()).stack_size(STACK);
        builder.spawn(answering)?;
        Ok(orders)
    }
}

impl<T> fmt::Debug for Inquiry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquiry").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T: Clone> Asked<T> {
    /// Waits for the answer; none when it takes longer.
    pub(super) async fn within(mut self, limit: Duration) -> Option<T> {
        let answered = tokio::time::timeout(limit, self.0.wait_for(Option::is_some)).await;
        answered.ok()?.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn who_asks_meanwhile_gets_the_same_answer_and_who_asks_later_another() {
        let inquiry = Inquiry::new("test", || {});
        let gate = Arc::new(Barrier::new(2));
        let let_through = Arc::clone(&gate);
        let first = inquiry
            .ask(move || {
                let_through.wait();
                1
            })
            .unwrap();
        let same = inquiry.ask(|| 2).unwrap();
        assert_eq!(inquiry.ask(|| 3).unwrap().within(Duration::ZERO).await, None);
        tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        assert_eq!((first.within(LONG).await, same.within(LONG).await), (Some(1), Some(1)));
        assert_eq!(inquiry.ask(|| 4).unwrap().within(LONG).await, Some(4));
    }
}
