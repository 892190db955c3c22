//! Starts a worker.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::process::Command;
use tokio::sync::oneshot;

use crate::announcement::Line;
use crate::exit::Exit;
use crate::output;
use crate::output::Tail;
use crate::tree;
use crate::tree::Mark;
use crate::worker::Process;
use crate::worker::Worker;

/// What to run, and how.
#[derive(Debug)]
pub struct Launch {
    program: PathBuf,
    args: Vec<OsString>,
    vars: Vec<(OsString, OsString)>,
    parent: Parent,
    lease: Lease,
    timeout: Duration,
    stderr: Stderr,
}

/// What becomes of what the worker writes to stderr: its log, and what its plugin prints.
#[derive(Default)]
pub enum Stderr {
    /// It goes where that of this process goes.
    Inherit,
    /// Its end is kept for [`Exit`] and [`StartError`].
    #[default]
    Keep,
    /// As `Keep`, and each line is handed over as it comes.
    Each(Box<dyn FnMut(&str) + Send>),
}

#[derive(Debug, PartialEq, Eq)]
enum Parent {
    ThisProcess,
    ArgsSay,
}

#[derive(Debug, PartialEq, Eq)]
enum Lease {
    /// A pipe to the worker's stdin, which the worker takes for itself.
    Stdin,
    ArgsSay,
}

/// Why a worker did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The program cannot be run.
    #[error("cannot run {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The worker says why it cannot serve.
    #[error("{message} ({hint})")]
    Failed {
        /// `usage`, `listen`, `load` or `initialize`.
        stage: String,
        /// Its exit code.
        code: i32,
        /// What went wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },

    /// It ended without a word.
    #[error("the worker ended before it was ready: {0}")]
    Ended(Exit),

    /// It was not ready in time, and was killed.
    #[error("the worker was not ready within {} s", .0.as_secs_f64())]
    TimedOut(Duration),

    /// What it wrote to stdout is no announcement; it was killed.
    #[error("the worker announced itself with '{line}'")]
    Garbage {
        /// What it wrote.
        line: String,
        /// Why that is not understood.
        source: serde_json::Error,
    },
}

impl Launch {
    /// Runs `program`, the worker, with a plugin: a path, or a name in the plugin folders.
    pub fn new(program: impl Into<PathBuf>, module: impl AsRef<Path>) -> Self {
        let launch = Self {
            program: program.into(),
            args: Vec::new(),
            vars: Vec::new(),
            parent: Parent::ThisProcess,
            lease: Lease::Stdin,
            timeout: Duration::from_secs(60),
            stderr: Stderr::default(),
        };
        launch.option("--module", module.as_ref())
    }

    /// The class; may be left out where the library has only one.
    #[must_use]
    pub fn class(self, class: &str) -> Self {
        self.option("--class", class)
    }

    /// A folder in which plugins are looked up.
    #[must_use]
    pub fn plugin_dir(self, folder: impl AsRef<Path>) -> Self {
        self.option("--plugin-dir", folder.as_ref())
    }

    /// The port; any free one where this is not said.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.option("--port", port.to_string())
    }

    /// Initialises the plugin with this config, a JSON object, before it is announced.
    #[must_use]
    pub fn config(self, json: &str) -> Self {
        self.option("--config", json)
    }

    /// How many runs there may be at once.
    #[must_use]
    pub fn concurrency(self, runs: u32) -> Self {
        self.option("--concurrency", runs.to_string())
    }

    /// Where the worker writes its last words, as one JSON record, when its plugin crashes it.
    #[must_use]
    pub fn crash_file(self, path: impl AsRef<Path>) -> Self {
        self.option("--crash-file", path.as_ref())
    }

    /// What is logged: a level, or a filter such as `warn,whisper=debug`.
    #[must_use]
    pub fn log_level(self, filter: &str) -> Self {
        self.option("--log-level", filter)
    }

    /// Any argument of the worker; a `--ppid` takes the place of that of this process, and a
    /// `--lease-fd` that of the pipe that this process holds.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        let arg = arg.into();
        let text = arg.to_string_lossy();
        if text.starts_with("--ppid") {
            self.parent = Parent::ArgsSay;
        } else if text.starts_with("--lease-fd") {
            self.lease = Lease::ArgsSay;
        }
        self.args.push(arg);
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    /// How long to wait for the announcement; 60 s where this is not said.
    #[must_use]
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What becomes of what it writes to stderr.
    #[must_use]
    pub fn stderr(mut self, stderr: Stderr) -> Self {
        self.stderr = stderr;
        self
    }

    fn option(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.args.extend([name.into(), value.into()]);
        self
    }

    /// Starts the worker, and waits until it has announced itself.
    ///
    /// It leads a process group of its own, which is killed when the [`Worker`] is dropped, as are the
    /// daemons that have left the group, which a mark in their environment tells. The worker ends
    /// by itself when this process does: it watches this process (`--ppid`), and a pipe of which this
    /// process holds the other end (`--lease-fd`).
    ///
    /// # Errors
    /// Why it did not start; nothing is left running then.
    pub async fn start(mut self) -> Result<Worker, StartError> {
        if self.parent == Parent::ThisProcess {
            self = self.option("--ppid", std::process::id().to_string());
        }
        let stdin = if self.lease == Lease::Stdin {
            self = self.option("--lease-fd", "0");
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mark = Mark::new();
        let mut command = Command::new(&self.program);
        command.env(tree::VARIABLE, mark.value());
        command.args(&self.args).envs(self.vars).process_group(0).kill_on_drop(true);
        command.stdin(stdin).stdout(Stdio::piped());
        let inherits = matches!(self.stderr, Stderr::Inherit);
        command.stderr(if inherits { Stdio::inherit() } else { Stdio::piped() });
        let spawned = command.spawn();
        let mut child = spawned
            .map_err(|source| StartError::Spawn { program: self.program.clone(), source })?;
        let (first, announced) = oneshot::channel();
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(output::first_line(stdout, first));
        }
        let tail = Tail::default();
        let reading = child.stderr.take().map(|stderr| {
            let mut each = match self.stderr {
                Stderr::Each(each) => each,
                Stderr::Inherit | Stderr::Keep => Box::new(|_: &str| ()),
            };
            tokio::spawn(output::keep(stderr, tail.clone(), move |line| each(line)))
        });
        let mut process = Process::new(child, mark, tail, reading);
        match tokio::time::timeout(self.timeout, announced).await {
            Err(_) => Err(StartError::TimedOut(self.timeout)),
            Ok(Err(_)) => Err(ended(&mut process, &self.program).await),
            Ok(Ok(line)) => match serde_json::from_str(&line) {
                Ok(Line::Ready(announcement)) => Ok(Worker::new(process, announcement)),
                Ok(Line::Failed { stage, code, message, hint }) => {
                    // It is ending by itself; the code is told already.
                    let _ = process.wait().await;
                    Err(StartError::Failed { stage, code, message, hint })
                }
                Err(source) => Err(StartError::Garbage { line, source }),
            },
        }
    }
}

/// Its stdout was closed without a line.
async fn ended(process: &mut Process, program: &Path) -> StartError {
    match process.wait().await {
        Ok(exit) => StartError::Ended(exit),
        Err(source) => StartError::Spawn { program: program.to_owned(), source },
    }
}

impl fmt::Debug for Stderr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Keep => "Keep",
            Self::Each(_) => "Each",
        })
    }
}
