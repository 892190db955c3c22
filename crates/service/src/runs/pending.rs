//! A run, as the client that waits for its reply holds it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::pool::Pool;
use crate::run::Run;
use crate::run::account::Account;
use crate::run::cancel::CancelReason;
use crate::run::error::RunError;
use crate::run::failure::Failure;
use crate::run::id::EntryKey;
use crate::run::kept_lines::LinesReader;
use crate::run::options::OnDisconnect;
use crate::run::output::{Reply, StreamLines};
use crate::runs::kept::text_of_lines;

/// An admitted run; dropping it before its reply means that the client disconnected.
#[derive(Debug)]
pub(crate) struct PendingRun<T> {
    client: Client,
    reply: oneshot::Receiver<Reply<T>>,
}

/// A stream whose lines can be read: the plugin accepted its arguments.
#[derive(Debug)]
pub(crate) struct OpenStream {
    client: Client,
}

/// The client of a run, until it disconnects.
#[derive(Debug)]
struct Client {
    pool: Arc<Pool>,
    run: Arc<Run>,
    key: EntryKey,
    /// It has its reply, or all lines.
    is_served: bool,
    /// Of the lines of a stream that is kept.
    reader: Option<Box<LinesReader>>,
}

impl<T> PendingRun<T> {
    pub(super) fn new(
        pool: Arc<Pool>,
        run: Arc<Run>,
        key: EntryKey,
        reply: oneshot::Receiver<Reply<T>>,
    ) -> Self {
        Self { client: Client { pool, run, key, is_served: false, reader: None }, reply }
    }

    /// The same run, whose kept lines are read by `reader`.
    pub(super) fn with_reader(mut self, reader: Option<LinesReader>) -> Self {
        self.client.reader = reader.map(Box::new);
        self
    }

    pub(crate) fn run(&self) -> &Arc<Run> {
        &self.client.run
    }

    /// Leaves the run to itself: nobody waits for its reply.
    pub(crate) fn detach(mut self) -> Arc<Run> {
        self.client.is_served = true;
        Arc::clone(&self.client.run)
    }

    /// Waits for the reply; as soon as `client_left` returns true, the run is one without a client.
    ///
    /// After a deadline or a cancel grace, the run may still hold its lane.
    pub(crate) async fn reply(mut self, client_left: impl Fn() -> bool) -> Reply<T> {
        let reply = self.next_reply(client_left).await;
        self.client.is_served = true;
        reply
    }

    async fn next_reply(&mut self, client_left: impl Fn() -> bool) -> Reply<T> {
        let Self { client, reply } = self;
        let mut has_left = false;
        let reply = poll_fn(|cx| {
            if !has_left && client_left() {
                has_left = true;
                client.leave();
            }
            Pin::new(&mut *reply).poll(cx)
        });
        reply.await.unwrap_or_else(|_| client.lost())
    }
}

impl PendingRun<()> {
    /// Waits until lines can follow; a run that fails before has an error of its own.
    ///
    /// `client_left` as for [`reply`](Self::reply).
    pub(crate) async fn opened(
        mut self,
        client_left: impl Fn() -> bool,
    ) -> Result<OpenStream, (Failure, Option<Account>)> {
        let reply = self.next_reply(client_left).await;
        match reply.result {
            Ok(()) => Ok(OpenStream { client: self.client }),
            Err(failure) => {
                self.client.is_served = true;
                Err((failure, reply.account))
            }
        }
    }
}

impl OpenStream {
    /// Takes the buffered lines; `None` at the end; the last line of a failed run is its error.
    pub(crate) fn poll_lines(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let taken = match (&mut self.client.reader, self.client.run.output().lines()) {
            (Some(reader), _) => ready!(reader.poll_take(cx)).map(text_of_lines),
            (None, Some(StreamLines::Direct(lines))) => ready!(lines.poll_take(cx)),
            (None, Some(StreamLines::Kept(_)) | None) => None,
        };
        if taken.is_none() {
            self.client.is_served = true;
        }
        Poll::Ready(taken)
    }
}

impl Client {
    /// Cancels the run, unless it continues without its client.
    fn leave(&self) {
        if self.run.options().on_disconnect == OnDisconnect::Cancel {
            let (key, reason) = (self.key, CancelReason::ClientGone);
            self.pool.update_and_notify(|engine, now| ((), engine.cancel(key, reason, now)));
        }
    }

    /// The reply if the sender was dropped without one.
    fn lost<T>(&self) -> Reply<T> {
        let failure = Failure::new(RunError::Lost, self.pool.class_info());
        Reply { result: Err(failure), account: None }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.is_served {
            return;
        }
        self.leave();
        if let Some(StreamLines::Direct(lines)) = self.run.output().lines() {
            lines.disconnect(self.run.options().on_disconnect);
        }
    }
}
