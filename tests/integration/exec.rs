//! `exec`: any command, with the pact of a worker.

mod ends;
mod passes;
mod terminal;

use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{in_time, program, until};

/// The variable that all processes below a command have.
const MARK: &str = "EXEC_TEST_MARK";

/// A running command whose stdout is read.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    mark: String,
}

fn exec(options: &[&str], command: &[&str]) -> Command {
    // The tests may run in the background of a shell, which ignores SIGINT and SIGQUIT.
    let mut exec = Command::new("env");
    exec.arg("--default-signal").arg(program()).arg("exec").args(options).arg("--").args(command);
    exec.stdin(Stdio::null()).kill_on_drop(true);
    exec
}

impl Running {
    /// Starts a process, which is `exec` or has it below, and waits for a line `ready`.
    async fn start(mut command: Command) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut child = command.env(MARK, &mark).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut running = Self { child, lines, mark };
        assert_eq!(running.line().await, "ready");
        running
    }

    async fn line(&mut self) -> String {
        in_time(self.lines.next_line()).await.unwrap().expect("a line")
    }

    fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    async fn wait(&mut self) -> ExitStatus {
        in_time(self.child.wait()).await.unwrap()
    }

    /// The living processes with the mark.
    fn marked(&self) -> Vec<u32> {
        let variable = format!("{MARK}={}", self.mark);
        let pids = fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_marked = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|it| it == variable.as_bytes())
        };
        pids.filter(is_marked).collect()
    }

    async fn until_nothing_is_left(&self) {
        until(async || self.marked().is_empty()).await;
    }

    async fn stderr(&mut self) -> String {
        let mut text = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        in_time(stderr.read_to_string(&mut text)).await.unwrap();
        text
    }
}

/// Exit code, stdout and stderr.
async fn output(mut command: Command) -> (Option<i32>, String, String) {
    let output = in_time(command.output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
