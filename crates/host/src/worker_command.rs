//! How to start a worker.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::announcement::FirstLine;
use crate::output::StderrTail;
use crate::start_error::StartError;
use crate::tree_mark::TreeMark;
use crate::worker::{Worker, WorkerProcess};
use crate::{output, tree_mark};

/// The command that starts a worker.
#[derive(Debug)]
pub struct WorkerCommand {
    program: PathBuf,
    args: Vec<OsString>,
    vars: Vec<(OsString, OsString)>,
    parent_watch: WatchOption,
    lease: WatchOption,
    start_timeout: Duration,
    stderr: Stderr,
}

/// Where the worker's stderr goes: its log, and what its plugin prints.
#[derive(Default)]
pub enum Stderr {
    /// To the stderr of this process.
    Inherit,
    /// Its end is kept for [`ExitReport::stderr`](crate::ExitReport::stderr).
    #[default]
    Capture,
    /// As `Capture`, and each line is also passed to this function.
    Forward(Box<dyn FnMut(&str) + Send>),
}

/// Who sets an option by which the worker notices the end of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WatchOption {
    Automatic,
    /// The caller, by [`WorkerCommand::arg`].
    Custom,
}

impl WorkerCommand {
    /// The worker `program` with a plugin: the path of its library, or its name in a plugin folder.
    pub fn new(program: impl Into<PathBuf>, module: impl AsRef<Path>) -> Self {
        let command = Self {
            program: program.into(),
            args: Vec::new(),
            vars: Vec::new(),
            parent_watch: WatchOption::Automatic,
            lease: WatchOption::Automatic,
            start_timeout: Duration::from_secs(60),
            stderr: Stderr::default(),
        };
        command.option("--module", module.as_ref())
    }

    /// The class to serve; not needed if the library has only one.
    #[must_use]
    pub fn class(self, class: &str) -> Self {
        self.option("--class", class)
    }

    /// A folder in which plugins are found by name.
    #[must_use]
    pub fn plugin_dir(self, folder: impl AsRef<Path>) -> Self {
        self.option("--plugin-dir", folder.as_ref())
    }

    /// The port to listen on; any free one by default.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.option("--port", port.to_string())
    }

    /// The config, a JSON object, with which to initialize the plugin before the announcement.
    #[must_use]
    pub fn config(self, json: &str) -> Self {
        self.option("--config", json)
    }

    /// The number of runs that may run at once.
    #[must_use]
    pub fn concurrency(self, runs: u32) -> Self {
        self.option("--concurrency", runs.to_string())
    }

    /// The file to which the worker writes a JSON record if its plugin crashes it.
    #[must_use]
    pub fn crash_file(self, path: impl AsRef<Path>) -> Self {
        self.option("--crash-file", path.as_ref())
    }

    /// What to log: a level, or a filter such as `warn,whisper=debug`.
    #[must_use]
    pub fn log_level(self, filter: &str) -> Self {
        self.option("--log-level", filter)
    }

    /// Adds any argument of the worker.
    ///
    /// `--ppid` and `--lease-fd` replace those that [`start`](Self::start) adds.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        let arg = arg.into();
        let text = arg.to_string_lossy();
        if text.starts_with("--ppid") {
            self.parent_watch = WatchOption::Custom;
        } else if text.starts_with("--lease-fd") {
            self.lease = WatchOption::Custom;
        }
        self.args.push(arg);
        self
    }

    /// Sets an environment variable of the worker.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    /// How long to wait for the announcement; 60 s by default.
    #[must_use]
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Where the worker's stderr goes; [`Stderr::Capture`] by default.
    #[must_use]
    pub fn stderr(mut self, stderr: Stderr) -> Self {
        self.stderr = stderr;
        self
    }

    fn option(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.args.extend([name.into(), value.into()]);
        self
    }

    /// Starts the worker and waits for its announcement.
    ///
    /// The worker leads a process group of its own.
    /// Dropping the [`Worker`] kills that group, and the descendants that have left it, which a
    /// variable in their environment identifies.
    /// The worker ends by itself when this process ends: it watches this process (`--ppid`) and a
    /// pipe whose other end this process holds (`--lease-fd`).
    ///
    /// # Errors
    /// If the worker does not start; no process is left then.
    pub async fn start(self) -> Result<Worker, StartError> {
        let (program, start_timeout) = (self.program.clone(), self.start_timeout);
        let mark = TreeMark::new();
        let mut command = self.to_command(&mark);
        let spawned = command.spawn();
        let mut child =
            spawned.map_err(|source| StartError::Spawn { program: program.clone(), source })?;
        let (first_line, announced) = oneshot::channel();
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(output::send_first_line(stdout, first_line));
        }
        let process = self.stderr.attach(child, mark);
        match tokio::time::timeout(start_timeout, announced).await {
            Err(_) => Err(StartError::TimedOut(start_timeout)),
            Ok(Err(_)) => Err(exited(process, program).await),
            Ok(Ok(line)) => announce(process, line).await,
        }
    }

    fn to_command(&self, mark: &TreeMark) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if self.parent_watch == WatchOption::Automatic {
            command.arg("--ppid").arg(std::process::id().to_string());
        }
        command.stdin(Stdio::null());
        if self.lease == WatchOption::Automatic {
            command.args(["--lease-fd", "0"]).stdin(Stdio::piped());
        }
        command.stdout(Stdio::piped());
        let inherits = matches!(self.stderr, Stderr::Inherit);
        command.stderr(if inherits { Stdio::inherit() } else { Stdio::piped() });
        command.env(tree_mark::VARIABLE, mark.value());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.process_group(0).kill_on_drop(true);
        command
    }
}

async fn announce(mut process: WorkerProcess, line: String) -> Result<Worker, StartError> {
    match serde_json::from_str(&line) {
        Ok(FirstLine::Ready(announcement)) => Ok(Worker::new(process, announcement)),
        Ok(FirstLine::Failed { stage, code, message, hint }) => {
            // It ends by itself, and the exit code is known already.
            let _ = process.wait().await;
            Err(StartError::Failed { stage, code, message, hint })
        }
        Err(source) => Err(StartError::InvalidAnnouncement { line, source }),
    }
}

/// The error for a worker that closed its stdout without a line.
async fn exited(mut process: WorkerProcess, program: PathBuf) -> StartError {
    match process.wait().await {
        Ok(exit) => StartError::Exited(exit),
        Err(source) => StartError::Spawn { program, source },
    }
}

impl Stderr {
    /// Reads the stderr of `child`, if that is a pipe.
    fn attach(self, mut child: Child, mark: TreeMark) -> WorkerProcess {
        let tail = StderrTail::default();
        let reader = child.stderr.take().map(|stderr| {
            let mut forward = match self {
                Self::Forward(forward) => forward,
                Self::Inherit | Self::Capture => Box::new(|_: &str| ()),
            };
            tokio::spawn(output::capture(stderr, tail.clone(), move |line| forward(line)))
        });
        WorkerProcess::new(child, mark, tail, reader)
    }
}

impl fmt::Debug for Stderr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Capture => "Capture",
            Self::Forward(_) => "Forward",
        })
    }
}
