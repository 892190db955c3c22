//! Worker processes: their exits, output and threads.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Instant;
use std::{fs, io};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::PidfdFlags;
use serde_json::Value;

use super::{LONG, in_time, program, until};

/// Exit code and output of a worker that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) async fn run_to_end(args: &[&str]) -> Ended {
    run_with_env(args, &[]).await
}

pub(crate) async fn run_with_env(args: &[&str], vars: &[(&str, &str)]) -> Ended {
    let mut command = tokio::process::Command::new(program());
    command.args(args).envs(vars.iter().copied());
    to_end(command).await
}

/// Runs another build of the worker.
pub(crate) async fn run_program(program: &Path, args: &[&str]) -> Ended {
    let mut command = tokio::process::Command::new(program);
    command.args(args);
    to_end(command).await
}

/// Runs the worker under another program, given with its arguments.
pub(crate) async fn run_below(other: &str, args: &[&str]) -> Ended {
    let mut words = other.split(' ');
    let mut command = tokio::process::Command::new(words.next().unwrap());
    command.args(words).arg(program()).args(args);
    to_end(command).await
}

async fn to_end(mut command: tokio::process::Command) -> Ended {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = in_time(command.output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A worker whose raw stdout can be read.
pub(crate) struct Started {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Started {
    pub(crate) fn spawn(args: &[&str]) -> Self {
        Self::with_stderr(args, Stdio::null())
    }

    pub(crate) fn with_stderr(args: &[&str], stderr: Stdio) -> Self {
        Self::with(args, Stdio::null(), stderr)
    }

    pub(crate) fn with_stdin(args: &[&str], stdin: Stdio) -> Self {
        Self::with(args, stdin, Stdio::null())
    }

    /// [`with_stdin`](Self::with_stdin) and variables.
    pub(crate) fn with_variables(
        args: &[&str],
        variables: &[(&str, String)],
        stdin: Stdio,
    ) -> Self {
        let mut command = Command::new(program());
        command.args(args).envs(variables.iter().cloned()).stdin(stdin).stderr(Stdio::null());
        Self::start(command)
    }

    /// Starts it from a shell script, whose arguments are the worker and its arguments.
    pub(crate) fn by_shell(script: &str, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(program()).args(args);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self::start(command)
    }

    /// [`by_shell`](Self::by_shell) with a stderr to read.
    pub(crate) fn by_shell_with_stderr(script: &str, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(program()).args(args);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        Self::start(command)
    }

    /// Starts it from a Python script, which executes `sys.argv[1:]` in its place.
    pub(crate) fn by_python(script: &str, args: &[&str]) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(program()).args(args);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self::start(command)
    }

    /// Starts it with any stdout; only its exit can be observed.
    pub(crate) fn with_stdout(args: &[&str], stdout: Stdio) -> Self {
        let mut command = Command::new(program());
        command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null());
        Self { child: command.spawn().unwrap(), stdout: None }
    }

    fn with(args: &[&str], stdin: Stdio, stderr: Stdio) -> Self {
        let mut command = Command::new(program());
        command.args(args).stdin(stdin).stderr(stderr);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The only child of the process, which is the worker if the process is a wrapper.
    pub(crate) fn only_child(&self) -> u32 {
        let pid = self.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.trim().parse().unwrap()
    }

    pub(crate) fn stdout_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        self.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        rest
    }

    /// A piped stderr.
    pub(crate) fn take_stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    /// Reads a piped stderr to its end.
    pub(crate) fn stderr(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn announcement(&mut self) -> Value {
        serde_json::from_str(&self.stdout_line()).unwrap()
    }

    pub(crate) fn url(&mut self) -> String {
        self.announcement()["url"].as_str().unwrap().to_owned()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap();
        let limit = Timespec::try_from(LONG).unwrap();
        // A pidfd is readable once the process has ended.
        let mut polled = [PollFd::new(&handle, PollFlags::IN)];
        let ended = rustix::io::retry_on_intr(|| rustix::event::poll(&mut polled, Some(&limit)));
        assert_eq!(ended, Ok(1), "the process does not end");
        self.child.wait().unwrap()
    }

    /// Waits until the process has a thread of this name.
    pub(crate) fn until_thread(&self, name: &str) {
        let start = Instant::now();
        let tasks = Path::new("/proc").join(self.pid().to_string()).join("task");
        let has_name = |task: fs::DirEntry| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name)
        };
        while !fs::read_dir(&tasks).unwrap().flatten().any(has_name) {
            assert!(start.elapsed() < LONG, "no thread '{name}'");
            std::thread::yield_now();
        }
    }

    pub(crate) fn terminate(&mut self) {
        signal(self.pid(), "TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fills a pipe.
pub(crate) fn fill(pipe: &io::PipeWriter) {
    let size = rustix::pipe::fcntl_getpipe_size(pipe).unwrap();
    io::Write::write_all(&mut &*pipe, &vec![b'\n'; size]).unwrap();
}

pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "kill -s {name} {pid}");
}

/// Whether a process has ended; a zombie counts.
pub(crate) fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

pub(crate) async fn until_gone(pid: u32) {
    until(async || is_gone(pid)).await;
}

/// Compiles a C library with cc, which Rust needs for linking anyway.
pub(crate) fn c_library(file: &Path, source: &str, more: &[&str]) {
    let source_file = file.with_extension("c");
    fs::write(&source_file, source).unwrap();
    let mut cc = Command::new("cc");
    let built = cc.args(["-shared", "-fPIC", "-o"]).arg(file).arg(source_file).args(more).status();
    assert!(built.unwrap().success());
}
