//! A run as the one sees it who waits for its end.

use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::runs::Runs;
use crate::runs::error::RunError;
use crate::runs::job_error::JobError;
use crate::runs::run::Run;

/// An admitted run; dropping it before its end cancels the run.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    runs: Arc<Runs>,
    run: Arc<Run>,
    end: oneshot::Receiver<Result<T, RunError>>,
    left: bool,
}

/// An admitted run that streams.
#[derive(Debug)]
pub(crate) struct PendingStream {
    pub(super) pending: Pending<()>,
    pub(super) bound: oneshot::Receiver<()>,
}

/// A run whose lines can be read: its arguments were bound.
#[derive(Debug)]
pub(crate) struct OpenStream {
    pending: Pending<()>,
}

impl<T> Pending<T> {
    pub(super) fn new(
        runs: Arc<Runs>,
        run: Arc<Run>,
        end: oneshot::Receiver<Result<T, RunError>>,
    ) -> Self {
        Self { runs, run, end, left: false }
    }

    /// Waits for the end: the plugin's, or that of the grace after a cancel.
    ///
    /// In the latter case the run still holds its lane.
    pub(crate) async fn ended(mut self) -> Result<T, RunError> {
        let overdue = overdue(&self.runs, &self.run);
        let ended = tokio::select! {
            biased;
            ended = &mut self.end => ended,
            () = overdue => Ok(Err(self.withdrawn())),
        };
        self.left = true;
        ended.unwrap_or_else(|_| Err(self.withdrawn()))
    }

    /// The end of a run that was taken out of the queue, or does not come back.
    fn withdrawn(&self) -> RunError {
        self.run.cancelled().unwrap_or(RunError::Lost)
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if !self.left {
            self.runs.client_left(&self.run);
        }
    }
}

impl PendingStream {
    /// Waits until lines can come; a run that ends before has an error of its own.
    pub(crate) async fn opened(self) -> Result<OpenStream, RunError> {
        let Self { mut pending, mut bound } = self;
        let overdue = overdue(&pending.runs, &pending.run);
        tokio::select! {
            biased;
            Ok(()) = &mut bound => return Ok(OpenStream { pending }),
            ended = &mut pending.end => {
                pending.left = true;
                ended.unwrap_or_else(|_| Err(pending.withdrawn()))?;
            }
            () = overdue => {
                pending.left = true;
                return Err(pending.withdrawn());
            }
        }
        Ok(OpenStream { pending })
    }
}

/// Resolves when the run was cancelled and its grace is over.
fn overdue(runs: &Runs, run: &Arc<Run>) -> impl Future<Output = ()> + Send + use<> {
    let (run, grace) = (Arc::clone(run), runs.cancel_grace);
    async move {
        run.cancel_token().requested().await;
        tokio::time::sleep(grace).await;
    }
}

impl OpenStream {
    /// Takes the lines that are there, and then the end; the last line of a failed run says why.
    pub(crate) fn poll_lines(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(lines) = self.pending.run.lines() else { return Poll::Ready(None) };
        let taken = ready!(lines.poll_take(cx));
        if taken.is_none() {
            self.pending.left = true;
        }
        Poll::Ready(taken)
    }

    /// The last line of a cancelled run that does not come back.
    pub(crate) fn abandoned_line(&self) -> Bytes {
        let mut line = JobError::of(&self.pending.withdrawn(), self.pending.runs.info()).line();
        line.push(b'\n');
        line.into()
    }

    /// Resolves when the run was cancelled and its grace is over.
    pub(crate) fn overdue(&self) -> impl Future<Output = ()> + Send + use<> {
        overdue(&self.pending.runs, &self.pending.run)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Some(lines) = self.pending.run.lines() {
            lines.leave();
        }
    }
}
