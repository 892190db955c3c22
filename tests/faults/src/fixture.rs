//! Starts a worker below a host, and observes both.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fmt, fs, io, mem};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use tempfile::TempDir;
use universal_worker_host::Client;
use universal_worker_telemetry::descendants;

use crate::host::Setting;
use crate::row::Plugin;
use crate::{host, python};

/// The time limit of every wait.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A limit of file descriptors; an idle worker has fewer open.
const MAX_FILES: u64 = 40;

/// The name of the file that replaces the option `ANNOUNCEMENT`.
const ANNOUNCEMENT: &str = "announcement";

/// The file with the pid before the next one, which only root may write (pid_namespaces(7)).
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// Whether this process can choose the pid of a new process.
pub(crate) fn can_choose_pids() -> bool {
    fs::File::options().write(true).open(LAST_PID).is_ok()
}

/// A worker below a host.
pub(crate) struct Fixture {
    folder: TempDir,
    host: Child,
    worker: Pid,
    handle: OwnedFd,
    client: Client,
    port: u16,
    /// Unrelated processes.
    others: Vec<Child>,
    /// The reading end of the full pipe, kept open.
    _unread: Option<io::PipeReader>,
}

/// How the worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

impl Fixture {
    /// Starts a worker with a plugin.
    pub(crate) fn start(
        dist: &Path,
        setting: Setting,
        plugin: Plugin,
        options: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("dist");
        let dist = if setting == Setting::OrdinaryUser {
            // Other users may not have access to the folder of the program.
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
            copy_for_all(dist, &copy)?;
            &copy
        } else {
            dist
        };
        let port = free_port()?;
        let mut command = Command::new(env::current_exe()?);
        command.args([host::SUBCOMMAND, setting.name()]).arg(folder.path().join("output"));
        command.arg(dist.join("universal-worker"));
        command.env("FAULTS_FOLDER", folder.path());
        if let Plugin::Command(script) = plugin {
            command.arg("exec").args(options).args(["--", "sh", "-c", script]);
        } else {
            select(plugin, dist, &mut command);
            command.args(["--port", &port.to_string()]).args(options.iter().map(|option| {
                match *option {
                    "ANNOUNCEMENT" => folder.path().join(ANNOUNCEMENT).into_os_string(),
                    option => option.into(),
                }
            }));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut unread = None;
        if matches!(setting, Setting::FullPipe | Setting::FullStdout) {
            let (reads, writes) = io::pipe()?;
            fill(&writes)?;
            command.stderr(writes);
            unread = Some(reads);
        }
        let mut host = command.spawn()?;
        let stdout = host.stdout.take().ok_or("stdout is not a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let worker = Pid::from_raw(line.trim().parse()?).ok_or("the host printed no pid")?;
        let handle = rustix::process::pidfd_open(worker, PidfdFlags::empty())?;
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        let others = Vec::new();
        Ok(Self { folder, host, worker, handle, client, port, others, _unread: unread })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(("127.0.0.1", self.port))
    }

    /// Limits the worker's file descriptors.
    pub(crate) fn limit_files(&self) -> io::Result<()> {
        let limit = rustix::process::Rlimit { current: Some(MAX_FILES), maximum: Some(MAX_FILES) };
        rustix::process::prlimit(Some(self.worker), rustix::process::Resource::Nofile, limit)?;
        Ok(())
    }

    pub(crate) fn has_free_files(&self) -> io::Result<bool> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.worker))?.count() as u64;
        Ok(open < MAX_FILES)
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file; empty without the file.
    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.file(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The number of lines in a file; 0 without the file.
    pub(crate) fn count_lines(&self, name: &str) -> usize {
        self.read(name).lines().count()
    }

    /// Waits until the worker serves requests.
    pub(crate) async fn wait_until_served(&self) -> Result<(), Box<dyn Error>> {
        wait_until(async || self.client.health().await.is_ok()).await
    }

    /// Waits until the worker has a thread with this name.
    pub(crate) async fn wait_for_thread(&self, name: &str) -> Result<(), Box<dyn Error>> {
        wait_until(async || self.threads().iter().any(|thread| thread == name)).await
    }

    /// Waits for the announcement, and then limits the user to one more thread.
    pub(crate) async fn limit_threads(&self) -> Result<(), Box<dyn Error>> {
        let is_transient = |thread: &String| thread == "load" || thread == "announce";
        wait_until(async || {
            self.file(ANNOUNCEMENT).exists() && !self.threads().iter().any(is_transient)
        })
        .await?;
        // The worker needs two for the plugin.
        let limit = self.threads().len() + 1;
        // The user can always set its own limit; root cannot in every container.
        let user = fs::metadata(format!("/proc/{}", self.worker))?.uid();
        let mut prlimit = Command::new("setpriv");
        prlimit.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
        prlimit.args([
            "prlimit",
            "--pid",
            &self.worker.to_string(),
            &format!("--nproc={limit}:{limit}"),
        ]);
        if prlimit.status()?.success() { Ok(()) } else { Err("prlimit failed".into()) }
    }

    /// The names of the worker's threads.
    fn threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.worker));
        let tasks = tasks.into_iter().flatten().flatten();
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
        tasks.filter_map(name).map(|name| name.trim().to_owned()).collect()
    }

    pub(crate) fn kill_host(&mut self) -> io::Result<()> {
        self.host.kill()
    }

    pub(crate) fn kill_and_reap_host(&mut self) -> io::Result<()> {
        self.host.kill()?;
        self.host.wait().map(drop)
    }

    /// Lets the host close the lease, and keep running.
    pub(crate) fn close_lease(&mut self) {
        drop(self.host.stdin.take());
    }

    /// Kills the host, and starts another process with its pid.
    pub(crate) fn replace_host(&mut self) -> Result<(), Box<dyn Error>> {
        self.kill_and_reap_host()?;
        let pid = self.host.id();
        for _ in 0..1_000 {
            fs::write(LAST_PID, (pid - 1).to_string())?;
            let mut other = Command::new("sleep").arg("600").spawn()?;
            if other.id() == pid {
                self.others.push(other);
                return Ok(());
            }
            // Another process was started in between.
            other.kill()?;
            other.wait()?;
        }
        Err(format!("no process got the pid {pid}").into())
    }

    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(rustix::process::pidfd_send_signal(&self.handle, signal)?)
    }

    pub(crate) fn signal_host(&self, signal: Signal) -> io::Result<()> {
        let host = i32::try_from(self.host.id()).ok().and_then(Pid::from_raw);
        let host = host.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::process::kill_process(host, signal)?)
    }

    /// Blocks until the worker has ended, but at most for `limit`; returns whether it has.
    pub(crate) fn wait(&self, limit: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.handle, PollFlags::IN)];
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        Ok(rustix::event::poll(&mut polled, Some(&limit))? == 1)
    }

    /// Blocks until the worker has ended.
    pub(crate) fn wait_for_end(&self) -> Result<(), Box<dyn Error>> {
        if self.wait(TIMEOUT)? { Ok(()) } else { Err("the worker did not end".into()) }
    }

    /// Ends the host, and returns the worker's exit and the processes that are left.
    pub(crate) fn finish(mut self) -> Result<(Exit, Vec<u32>), Box<dyn Error>> {
        let _ = self.host.kill();
        self.host.wait()?;
        for mut other in mem::take(&mut self.others) {
            other.kill()?;
            other.wait()?;
        }
        // This process is the subreaper of the worker.
        let status = rustix::process::waitid(WaitId::Pid(self.worker), WaitIdOptions::EXITED)?;
        let status = status.ok_or("the worker has not ended")?;
        let end = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Exit::Code(code),
            (_, Some(signal)) => Exit::Signal(signal),
            (None, None) => return Err("unknown exit status".into()),
        };
        Ok((end, left_behind()?))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // Without `finish`, after an error.
        for process in self.others.iter_mut().chain([&mut self.host]) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Adds the arguments for a plugin.
fn select(plugin: Plugin, dist: &Path, command: &mut Command) {
    let (module, class) = match plugin {
        Plugin::Conformance(class) => {
            command.arg("--module").arg(dist.join("plugins/libconformance.so"));
            command.args(["--class", class]);
            return;
        }
        Plugin::Command(_) => return,
        Plugin::Python => ("faulty.py", "Faulty"),
        Plugin::SlowPython => ("slow.py", "Slow"),
        Plugin::StuckPython => ("stuck.py", "Stuck"),
    };
    if let Some(python) = python::interpreter() {
        command.arg("--python").arg(python);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    command.arg("--module").arg(folder.join(module)).args(["--class", class]);
}

/// Kills and returns the processes that the worker has left behind.
fn left_behind() -> io::Result<Vec<u32>> {
    let mut left = Vec::new();
    for pid in descendants(std::process::id())? {
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { continue };
        let Ok(handle) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let mut polled = [PollFd::new(&handle, PollFlags::IN)];
        if rustix::event::poll(&mut polled, Some(&Timespec::default())) != Ok(1) {
            left.push(pid.as_raw_nonzero().get().cast_unsigned());
            let _ = rustix::process::pidfd_send_signal(&handle, Signal::KILL);
        }
        let _ = rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
    }
    Ok(left)
}

fn copy_for_all(from: &Path, to: &Path) -> io::Result<()> {
    for name in ["universal-worker", "plugins/libconformance.so"] {
        let copy = to.join(name);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        }
        fs::copy(from.join(name), &copy)?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    }
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))
}

/// Polls until the condition holds.
pub(crate) async fn wait_until(holds: impl AsyncFn() -> bool) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    while !holds().await {
        if started.elapsed() > TIMEOUT {
            return Err("the worker did not enter the expected state".into());
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// A free port, which most likely is still free when the worker binds it.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Fills the pipe.
fn fill(pipe: &io::PipeWriter) -> io::Result<()> {
    let size = rustix::pipe::fcntl_getpipe_size(pipe)?;
    io::Write::write_all(&mut &*pipe, &vec![b'\n'; size])
}
