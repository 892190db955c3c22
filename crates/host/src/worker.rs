//! A worker that runs.

use std::io;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use tokio::process::Child;
use tokio::process::ChildStdin;
use tokio::task::JoinHandle;

use crate::announcement::Announcement;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::Tail;
use crate::tree::Mark;

/// A worker process that has announced itself; dropping it kills its process group, and the
/// daemons that have left it.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    announcement: Announcement,
    client: Client,
}

/// Between the sign to stop and the end by force; the worker itself takes at most 1.5 s.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long to wait for the last lines of stderr, which a descendant may still hold open.
const LAST_LINES: Duration = Duration::from_millis(500);

impl Worker {
    pub(crate) fn new(process: Process, announcement: Announcement) -> Self {
        let client = Client::new(announcement.url.as_deref().unwrap_or_default());
        Self { process, announcement, client }
    }

    /// What it told of itself.
    #[must_use]
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.announcement.pid
    }

    /// To call it; clones of the client may be used from anywhere.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// When the system does not let it be waited for.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        self.process.wait().await
    }

    /// Tells it to stop, and waits for that; kills it after 2 s.
    ///
    /// # Errors
    /// When the system does not let it be waited for.
    pub async fn stop(&mut self) -> io::Result<Exit> {
        self.process.signal(Signal::TERM);
        if let Ok(exit) = tokio::time::timeout(STOP_GRACE, self.process.wait()).await {
            return exit;
        }
        self.process.kill_group();
        self.process.wait().await
    }
}

/// A process, and the group that it leads.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    mark: Mark,
    /// The worker ends when this is closed.
    lease: Option<ChildStdin>,
    group: Option<Pid>,
    tail: Tail,
    reading: Option<JoinHandle<()>>,
    exit: Option<Exit>,
}

impl Process {
    pub(crate) fn new(
        mut child: Child,
        mark: Mark,
        tail: Tail,
        reading: Option<JoinHandle<()>>,
    ) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        // Else it would be closed by who waits for the child.
        let lease = child.stdin.take();
        Self { child, mark, lease, group: id.and_then(Pid::from_raw), tail, reading, exit: None }
    }

    pub(crate) async fn wait(&mut self) -> io::Result<Exit> {
        if let Some(exit) = &self.exit {
            return Ok(exit.clone());
        }
        let status = self.child.wait().await?;
        self.kill_group();
        self.group = None;
        self.lease = None;
        if status.code() != Some(0) {
            // It did not come to end its descendants, or not all of them.
            self.mark.kill_all();
        }
        if let Some(reading) = &mut self.reading {
            // What cannot be read in time is not waited for.
            let _ = tokio::time::timeout(LAST_LINES, reading).await;
        }
        let exit = Exit::new(status, self.tail.text());
        self.exit = Some(exit.clone());
        Ok(exit)
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = self.group {
            // Fails only where it is gone.
            let _ = rustix::process::kill_process(process, signal);
        }
    }

    /// Ends it and those of its descendants that stayed in its group.
    pub(crate) fn kill_group(&self) {
        if let Some(group) = self.group {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.group.is_some() {
            self.kill_group();
            self.mark.kill_all();
        }
    }
}
