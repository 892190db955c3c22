//! The two workers, and how they are started.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{io, path};

use crate::figures::{Latencies, grouped, median, or_none};
use crate::report::Table;
use crate::server::Server;

pub(super) use crate::sections::Outcome;

/// The two workers with the same interpreter.
pub(super) struct Contest {
    program: PathBuf,
    python: PathBuf,
    workers: &'static [Worker],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    Original,
    This,
}

/// The figures of both workers.
#[derive(Default)]
pub(super) struct Pair<T> {
    original: T,
    this: T,
}

/// A module and a class in the folder `tests/bench/python`.
pub(super) type Plugin = (&'static str, &'static str);

pub(super) const TINY: Plugin = ("tiny", "Tiny");
pub(super) const ECHO: Plugin = ("echo", "Echo");
pub(super) const BUSY: Plugin = ("busy", "Busy");

impl Contest {
    pub(super) fn new(dist: &Path, original: Option<&Path>) -> io::Result<Self> {
        // The workers run in another folder. A link in an environment must not be resolved.
        let program = path::absolute(dist.join("universal-worker"))?;
        Ok(match original {
            Some(python) => Self {
                program,
                python: path::absolute(python)?,
                workers: &[Worker::Original, Worker::This],
            },
            None => Self { program, python: "python3".into(), workers: &[Worker::This] },
        })
    }

    /// The version of the interpreter, such as `Python 3.11.7`; none if it does not run.
    pub(super) fn version(&self) -> Option<String> {
        let output = Command::new(&self.python).arg("--version").output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Starts a worker with a plugin.
    pub(super) fn start(&self, worker: Worker, plugin: Plugin) -> io::Result<Server> {
        self.start_with(worker, plugin, &[])
    }

    pub(super) fn start_with(
        &self,
        worker: Worker,
        plugin: Plugin,
        options: &[&str],
    ) -> io::Result<Server> {
        let address = free_address()?;
        let mut command = self.command(worker, plugin, address.port());
        command.args(options);
        Server::silent(command, address)
    }

    /// The command that starts a worker with a plugin.
    pub(super) fn command(&self, worker: Worker, (module, class): Plugin, port: u16) -> Command {
        let mut command = match worker {
            Worker::Original => {
                let mut command = Command::new(&self.python);
                command.args(["-m", "cjm_plugin_system.core.worker"]);
                command
            }
            Worker::This => {
                let mut command = Command::new(&self.program);
                command.arg("--python").arg(&self.python).args(["--log-level", "error"]);
                command
            }
        };
        command.args(["--module", module, "--class", class, "--port", &port.to_string()]);
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
        command
    }

    /// Measures each worker in turn, this many times.
    pub(super) fn alternate<T: Default>(
        &self,
        rounds: usize,
        mut measure: impl FnMut(Worker, &mut T) -> Outcome<()>,
    ) -> Outcome<Pair<T>> {
        let mut pair = Pair::default();
        for _ in 0..rounds {
            for worker in self.workers {
                measure(*worker, pair.of(*worker))?;
            }
        }
        Ok(pair)
    }
}

impl<T> Pair<T> {
    pub(super) fn of(&mut self, worker: Worker) -> &mut T {
        match worker {
            Worker::Original => &mut self.original,
            Worker::This => &mut self.this,
        }
    }

    pub(super) fn map<U>(&mut self, mut figure: impl FnMut(&mut T) -> U) -> Pair<U> {
        Pair { original: figure(&mut self.original), this: figure(&mut self.this) }
    }
}

impl Pair<String> {
    pub(super) fn add(self, table: &mut Table, name: &str) {
        table.row([name.to_owned(), self.original, self.this]);
    }
}

/// The median and the 99th percentile.
pub(super) fn p50(latencies: &mut Latencies) -> String {
    or_none(latencies.percentile(0.5))
}

pub(super) fn p99(latencies: &mut Latencies) -> String {
    or_none(latencies.percentile(0.99))
}

/// The median of figures with this unit.
pub(super) fn rate(values: &[f64], unit: &str) -> String {
    if values.is_empty() { "none".to_owned() } else { format!("{}{unit}", grouped(median(values))) }
}

/// A free port, which most likely is still free when the worker binds it.
pub(super) fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}
