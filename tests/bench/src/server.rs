//! A server process: the worker, or the bare server.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::Client;
use crate::{bare, client, cpu};

/// A running server, which is killed on drop.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The time from spawning it to its announcement; without one, to its first response.
    pub(crate) start: Duration,
    pid: u32,
    child: Child,
}

/// The time limit of a start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The interval between attempts to reach a server that announces nothing.
const RETRY_INTERVAL: Duration = Duration::from_millis(1);

impl Server {
    /// Starts the worker in the folder `dist` with one of its plugins.
    pub(crate) async fn worker(dist: &Path, plugin: &str, options: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(dist.join("universal-worker"));
        command.arg("--module").arg(dist.join(format!("plugins/lib{plugin}.so")));
        command.args(["--port", "0", "--log-level", "error"]).args(options);
        Self::start(command).await
    }

    /// Starts this program as the bare server.
    pub(crate) async fn bare() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(bare::SUBCOMMAND);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        tokio::time::timeout(START_TIMEOUT, reader.read_line(&mut line)).await??;
        let start = started.elapsed();
        let pid = child.id().expect("the process was not waited for");
        let failed = || io::Error::other(format!("{command:?} did not start: {}", line.trim()));
        let address = parse_address(&line).ok_or_else(failed)?;
        Ok(Self { address, start, pid, child })
    }

    /// Starts a server without an announcement, and waits for its first response.
    pub(crate) async fn silent(mut command: Command, address: SocketAddr) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.kill_on_drop(true).spawn()?;
        let pid = child.id().expect("the process was not waited for");
        while !responds(address).await {
            if child.try_wait()?.is_some() || started.elapsed() > START_TIMEOUT {
                return Err(io::Error::other(format!("{command:?} did not start")));
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Ok(Self { address, start: started.elapsed(), pid, child })
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::process::kill_process(pid, Signal::TERM)?)
    }

    /// Waits until the server has ended.
    pub(crate) async fn wait_for_end(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the server and waits for its end, so that it does not disturb the next measurement.
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| io::Error::other("no VmRSS in the status"))
    }

    /// The CPU time used so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu::of_process(self.pid)
    }
}

async fn responds(address: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(address).await else { return false };
    let response = client.send(&client::get(address, "/health")).await;
    response.is_ok_and(|response| response.status == 200)
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
