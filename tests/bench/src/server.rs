//! A server process: the worker, or the bare server.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::process::{Pid, Signal};
use serde_json::Value;

use crate::client::Client;
use crate::cores::{self, Place};
use crate::{bare, client, process};

/// A running server, which is killed on drop.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The time from spawning it to its announcement; without one, to its first response.
    pub(crate) start: Duration,
    child: Child,
}

/// The time limit of a start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The interval between attempts to reach a server that announces nothing.
const RETRY_INTERVAL: Duration = Duration::from_millis(1);

impl Server {
    /// Starts the worker in the folder `dist` with a plugin from there, on a core of its own.
    pub(crate) fn worker<S: AsRef<OsStr>>(
        dist: &Path,
        plugin: &str,
        options: &[S],
    ) -> io::Result<Self> {
        Self::announced(worker_command(dist, plugin, options), Place::OwnCore)
    }

    /// Starts this program as the bare server.
    pub(crate) fn bare(place: Place) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(bare::SUBCOMMAND);
        Self::announced(command, place)
    }

    /// Starts a server that announces its address.
    pub(crate) fn announced(mut command: Command, place: Place) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = cores::start_at(place, || command.spawn())?;
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut line = String::new();
        // Killed on drop, if there is no announcement.
        let mut server = Self { address: ([0, 0, 0, 0], 0).into(), start: Duration::ZERO, child };
        BufReader::new(stdout).read_line(&mut line)?;
        server.start = started.elapsed();
        let failed = || io::Error::other(format!("{command:?} did not start: {}", line.trim()));
        server.address = parse_address(&line).ok_or_else(failed)?;
        Ok(server)
    }

    /// Starts a server without an announcement, and waits for its first response.
    pub(crate) fn silent(mut command: Command, address: SocketAddr) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let child = cores::start_at(Place::Anywhere, || command.spawn())?;
        let mut server = Self { address, start: Duration::ZERO, child };
        while !responds(address) {
            if server.child.try_wait()?.is_some() || started.elapsed() > START_TIMEOUT {
                return Err(io::Error::other(format!("{command:?} did not start")));
            }
            thread::sleep(RETRY_INTERVAL);
        }
        server.start = started.elapsed();
        Ok(server)
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::process::kill_process(pid, Signal::TERM)?)
    }

    /// Waits until the server has ended.
    pub(crate) fn wait_for_end(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Ends the server in the orderly way, so that it ends its own children.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        self.terminate()?;
        self.wait_for_end().map(drop)
    }

    /// The output of a command that was told to pipe it.
    pub(crate) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> io::Result<f64> {
        process::resident_bytes(self.pid()).map(|bytes| bytes as f64)
    }

    /// The CPU time used so far.
    pub(crate) fn cpu_time(&self) -> io::Result<Duration> {
        process::cpu_time(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command that starts the worker with a plugin.
pub(crate) fn worker_command<S: AsRef<OsStr>>(dist: &Path, plugin: &str, options: &[S]) -> Command {
    let mut command = Command::new(dist.join("universal-worker"));
    command.arg("--module").arg(dist.join(format!("plugins/lib{plugin}.so")));
    command.args(["--port", "0", "--log-level", "error"]).args(options);
    command
}

fn responds(address: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(address) else { return false };
    client.call(&client::get(address, "/health")).is_ok()
}

/// The address in an announcement.
fn parse_address(line: &str) -> Option<SocketAddr> {
    let event: Value = serde_json::from_str(line).ok()?;
    event["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_announcement_has_an_address() {
        let ready = r#"{"event":"ready","url":"http://127.0.0.1:4711","uds":null}"#;
        assert_eq!(parse_address(ready), Some(SocketAddr::from(([127, 0, 0, 1], 4711))));
        assert_eq!(parse_address(r#"{"event":"failed","stage":"load"}"#), None);
        assert_eq!(parse_address(""), None);
    }
}
