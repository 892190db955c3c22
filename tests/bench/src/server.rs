//! A server in a process of its own: the worker, or the bare one.

use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

use crate::bare;
use crate::cpu;

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// From the call that spawns it to the line that announces it.
    pub(crate) start: Duration,
    pid: u32,
    child: Child,
}

/// A start that takes longer has failed.
const LONG: Duration = Duration::from_secs(20);

impl Server {
    /// Starts the worker of the folder `dist` with one of its plugins.
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
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().expect("its stdout is a pipe");
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        tokio::time::timeout(LONG, reader.read_line(&mut line)).await??;
        let start = begun.elapsed();
        let pid = child.id().expect("it has not been waited for");
        let failed = || io::Error::other(format!("{command:?} did not start: {}", line.trim()));
        let address = address_in(&line).ok_or_else(failed)?;
        Ok(Self { address, start, pid, child })
    }

    /// Kills it and waits for its end, so that it is no load on what comes next.
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| io::Error::other("no VmRSS in its status"))
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu::of_process(self.pid)
    }
}

/// Where an announcement says that the server is.
fn address_in(line: &str) -> Option<SocketAddr> {
    let event: Value = serde_json::from_str(line).ok()?;
    event["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_has_an_address_and_a_failure_has_none() {
        let ready = r#"{"event":"ready","url":"http://127.0.0.1:4711","uds":null}"#;
        assert_eq!(address_in(ready), Some(SocketAddr::from(([127, 0, 0, 1], 4711))));
        assert_eq!(address_in(r#"{"event":"failed","stage":"load"}"#), None);
        assert_eq!(address_in(""), None);
    }
}
