//! A run as the one sees it who waits for its end.

use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::runs::Runs;
use crate::runs::account::Account;
use crate::runs::cancel::Reason;
use crate::runs::engine::Key;
use crate::runs::error::RunError;
use crate::runs::failure::Failure;
use crate::runs::output::Told;
use crate::runs::run::OnLeave;
use crate::runs::run::Run;

/// An admitted run; dropping it before its end means that the client left.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    client: Client,
    told: oneshot::Receiver<Told<T>>,
}

/// A run whose lines can be read: its arguments were bound.
#[derive(Debug)]
pub(crate) struct OpenStream {
    client: Client,
}

/// The client of a run, as long as it is there.
#[derive(Debug)]
struct Client {
    runs: Arc<Runs>,
    run: Arc<Run>,
    key: Key,
    interest: Interest,
}

#[derive(Debug, PartialEq, Eq)]
enum Interest {
    Waits,
    Served,
}

impl<T> Pending<T> {
    pub(super) fn new(
        runs: Arc<Runs>,
        run: Arc<Run>,
        key: Key,
        told: oneshot::Receiver<Told<T>>,
    ) -> Self {
        Self { client: Client { runs, run, key, interest: Interest::Waits }, told }
    }

    pub(crate) fn run_id(&self) -> &str {
        self.client.run.id()
    }

    /// Waits until the client is told: by the plugin, or by the end of a deadline or a grace, in
    /// which case the run still holds its lane.
    pub(crate) async fn told(mut self) -> Told<T> {
        let told = (&mut self.told).await;
        self.client.interest = Interest::Served;
        told.unwrap_or_else(|_| self.client.lost())
    }
}

impl Pending<()> {
    /// Waits until lines can come; a run that ends before has an error of its own.
    pub(crate) async fn opened(mut self) -> Result<OpenStream, (Failure, Option<Account>)> {
        let told = (&mut self.told).await.unwrap_or_else(|_| self.client.lost());
        match told.result {
            Ok(()) => Ok(OpenStream { client: self.client }),
            Err(failure) => {
                self.client.interest = Interest::Served;
                Err((failure, told.account))
            }
        }
    }
}

impl OpenStream {
    /// Takes the lines that are there, and then the end; the last line of a failed run says why.
    pub(crate) fn poll_lines(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(lines) = self.client.run.output().lines() else { return Poll::Ready(None) };
        let taken = ready!(lines.poll_take(cx));
        if taken.is_none() {
            self.client.interest = Interest::Served;
        }
        Poll::Ready(taken)
    }
}

impl Client {
    /// Whoever was to tell is gone.
    fn lost<T>(&self) -> Told<T> {
        let failure = Failure::now(RunError::Lost, self.runs.info());
        Told { result: Err(failure), account: None }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.interest == Interest::Served {
            return;
        }
        let on_leave = self.run.terms().on_leave;
        if on_leave == OnLeave::Cancel {
            self.runs.stop_run(self.key, Reason::ClientGone);
        }
        if let Some(lines) = self.run.output().lines() {
            lines.leave(on_leave);
        }
    }
}
