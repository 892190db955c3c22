//! A worker that was started.

use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::process::{Child, ChildStdin};
use tokio::task::JoinHandle;

use crate::announcement::Announcement;
use crate::client::Client;
use crate::exit_report::ExitReport;
use crate::output::StderrTail;
use crate::tree_mark::TreeMark;

/// A worker process that accepts requests.
///
/// Dropping it kills the process group of the worker and the descendants that have left the group.
#[derive(Debug)]
pub struct Worker {
    process: WorkerProcess,
    announcement: Announcement,
    client: Client,
}

/// Time between SIGTERM and SIGKILL; the worker itself needs at most 1.5 s by default.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long to wait for the end of stderr, which a descendant may hold open.
const STDERR_GRACE: Duration = Duration::from_millis(500);

impl Worker {
    pub(crate) fn new(process: WorkerProcess, announcement: Announcement) -> Self {
        let client = Client::new(announcement.url.as_deref().unwrap_or_default());
        Self { process, announcement, client }
    }

    /// What the worker announced.
    #[must_use]
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Process id of the worker.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.announcement.pid
    }

    /// A client of the worker, which can be cloned.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until the worker ends.
    ///
    /// # Errors
    /// If waitpid(2) fails.
    pub async fn wait(&mut self) -> io::Result<ExitReport> {
        self.process.wait().await
    }

    /// Lets the worker finish the runs that it has, and waits for its end, for at most `limit`; then
    /// [stops](Self::stop) it.
    ///
    /// Results that no client has read keep the worker for up to 60 s of that.
    ///
    /// # Errors
    /// If waitpid(2) fails.
    pub async fn drain(&mut self, limit: Duration) -> io::Result<ExitReport> {
        // A worker that does not answer is stopped.
        if self.client.drain().await.is_ok()
            && let Ok(exit) = tokio::time::timeout(limit, self.process.wait()).await
        {
            return exit;
        }
        self.stop().await
    }

    /// Stops the worker and waits for its end: sends SIGTERM, and SIGKILL after 2 s.
    ///
    /// To let its runs finish, [drain](Self::drain) it instead.
    ///
    /// # Errors
    /// If waitpid(2) fails.
    pub async fn stop(&mut self) -> io::Result<ExitReport> {
        self.process.signal(Signal::TERM);
        if let Ok(exit) = tokio::time::timeout(STOP_GRACE, self.process.wait()).await {
            return exit;
        }
        self.process.kill_group();
        self.process.wait().await
    }
}

/// The process of a worker, and the process group that it leads.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    mark: TreeMark,
    /// The worker ends when this is closed.
    lease: Option<ChildStdin>,
    group: Option<Pid>,
    tail: StderrTail,
    stderr_reader: Option<JoinHandle<()>>,
    exit: Option<ExitReport>,
}

impl WorkerProcess {
    pub(crate) fn new(
        mut child: Child,
        mark: TreeMark,
        tail: StderrTail,
        stderr_reader: Option<JoinHandle<()>>,
    ) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        // `Child::wait` would close it.
        let lease = child.stdin.take();
        let group = id.and_then(Pid::from_raw);
        Self { child, mark, lease, group, tail, stderr_reader, exit: None }
    }

    pub(crate) async fn wait(&mut self) -> io::Result<ExitReport> {
        if let Some(exit) = &self.exit {
            return Ok(exit.clone());
        }
        let status = self.child.wait().await?;
        self.kill_group();
        self.group = None;
        self.lease = None;
        if status.code() != Some(0) {
            // It may not have ended all of its descendants.
            self.mark.kill_all();
        }
        if let Some(reader) = &mut self.stderr_reader {
            let _ = tokio::time::timeout(STDERR_GRACE, reader).await;
        }
        let exit = ExitReport::new(status, self.tail.text());
        self.exit = Some(exit.clone());
        Ok(exit)
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = self.group {
            // This fails only if the process has ended.
            let _ = rustix::process::kill_process(process, signal);
        }
    }

    /// Kills the worker and the descendants that have stayed in its group.
    pub(crate) fn kill_group(&self) {
        if let Some(group) = self.group {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if self.group.is_some() {
            self.kill_group();
            self.mark.kill_all();
        }
    }
}
