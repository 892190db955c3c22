//! One worker below one host, and what becomes of them.

use std::env;
use std::error::Error;
use std::fs;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::mem;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::process::Pid;
use rustix::process::PidfdFlags;
use rustix::process::Signal;
use rustix::process::WaitId;
use rustix::process::WaitIdOptions;
use tempfile::TempDir;
use universal_worker_host::Client;
use universal_worker_telemetry::descendants;

use crate::host;
use crate::host::Setting;

/// Only what hangs comes near.
const LONG: Duration = Duration::from_secs(20);

/// More than it has open when it is idle.
const MOST_FILES: u64 = 40;

/// The name of a file, which takes the place of the option `ANNOUNCEMENT`.
const ANNOUNCEMENT: &str = "announcement";

/// pid_namespaces(7): the next process gets the number after it; only root may write it.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// Whether a process can be given a pid of choice.
pub(crate) fn can_choose_pids() -> bool {
    fs::File::options().write(true).open(LAST_PID).is_ok()
}

/// A worker below a host that can be killed.
pub(crate) struct Scene {
    folder: TempDir,
    host: Child,
    worker: Pid,
    handle: OwnedFd,
    client: Client,
    port: u16,
    /// Processes that have to do with neither.
    others: Vec<Child>,
    /// Keeps a pipe open that nobody reads.
    _unread: Option<io::PipeReader>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
}

impl Scene {
    /// Starts a worker with one of the conformance plugin's classes.
    pub(crate) fn begin(
        dist: &Path,
        setting: Setting,
        class: &str,
        options: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("dist");
        let dist = if setting == Setting::OrdinaryUser {
            // Where the program is may be nobody else's to read.
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
        command.arg("--module").arg(dist.join("plugins/libconformance.so"));
        command.args(["--class", class, "--port", &port.to_string()]).args(options.iter().map(
            |option| match *option {
                "ANNOUNCEMENT" => folder.path().join(ANNOUNCEMENT).into_os_string(),
                option => option.into(),
            },
        ));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut unread = None;
        if matches!(setting, Setting::FullPipe | Setting::FullStdout) {
            let (reads, writes) = io::pipe()?;
            fill(&writes)?;
            command.stderr(writes);
            unread = Some(reads);
        }
        let mut host = command.spawn()?;
        let stdout = host.stdout.take().ok_or("its stdout is a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let worker = Pid::from_raw(line.trim().parse()?).ok_or("no pid")?;
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

    /// From now on the worker may have few files open.
    pub(crate) fn limit_files(&self) -> io::Result<()> {
        let few = rustix::process::Rlimit { current: Some(MOST_FILES), maximum: Some(MOST_FILES) };
        rustix::process::prlimit(Some(self.worker), rustix::process::Resource::Nofile, few)?;
        Ok(())
    }

    pub(crate) fn has_room_for_files(&self) -> io::Result<bool> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.worker))?.count() as u64;
        Ok(open < MOST_FILES)
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// How many lines a file has; none where there is no such file.
    pub(crate) fn lines_of(&self, name: &str) -> usize {
        fs::read_to_string(self.file(name)).map_or(0, |text| text.lines().count())
    }

    /// Waits until the worker answers.
    pub(crate) async fn until_served(&self) -> Result<(), Box<dyn Error>> {
        until(async || self.client.health().await.is_ok()).await
    }

    /// Waits until the worker has a thread of that name.
    pub(crate) async fn until_thread(&self, name: &str) -> Result<(), Box<dyn Error>> {
        until(async || self.threads().iter().any(|thread| thread == name)).await
    }

    /// Waits until the worker is announced, and then lets its user have no thread more than one.
    pub(crate) async fn limit_threads(&self) -> Result<(), Box<dyn Error>> {
        let is_transient = |thread: &String| thread == "load" || thread == "announce";
        until(async || {
            self.file(ANNOUNCEMENT).exists() && !self.threads().iter().any(is_transient)
        })
        .await?;
        // It needs two for its plugin.
        let few = self.threads().len() + 1;
        // A limit is its own user's to set, and not always root's.
        let user = fs::metadata(format!("/proc/{}", self.worker))?.uid();
        let mut prlimit = Command::new("setpriv");
        prlimit.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
        prlimit.args([
            "prlimit",
            "--pid",
            &self.worker.to_string(),
            &format!("--nproc={few}:{few}"),
        ]);
        if prlimit.status()?.success() { Ok(()) } else { Err("prlimit has failed".into()) }
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

    /// The host lives on.
    pub(crate) fn close_lease(&mut self) {
        drop(self.host.stdin.take());
    }

    /// Kills the host, and lets another process have its pid.
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
            // Somebody else was started in between.
            other.kill()?;
            other.wait()?;
        }
        Err(format!("no process gets the pid {pid}").into())
    }

    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(rustix::process::pidfd_send_signal(&self.handle, signal)?)
    }

    pub(crate) fn signal_host(&self, signal: Signal) -> io::Result<()> {
        let host = i32::try_from(self.host.id()).ok().and_then(Pid::from_raw);
        let host = host.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::process::kill_process(host, signal)?)
    }

    /// Blocks until the worker has ended, at most for `limit`; tells whether it has.
    pub(crate) fn wait(&self, limit: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.handle, PollFlags::IN)];
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        Ok(rustix::event::poll(&mut polled, Some(&limit))? == 1)
    }

    /// Blocks until the worker has ended.
    pub(crate) fn until_over(&self) -> Result<(), Box<dyn Error>> {
        if self.wait(LONG)? { Ok(()) } else { Err("the worker does not end".into()) }
    }

    /// Ends the host, too, and tells how the worker ended and which processes are left.
    pub(crate) fn conclude(mut self) -> Result<(End, Vec<u32>), Box<dyn Error>> {
        let _ = self.host.kill();
        self.host.wait()?;
        for mut other in mem::take(&mut self.others) {
            other.kill()?;
            other.wait()?;
        }
        // It is ours now: this process is the subreaper of all that it started.
        let status = rustix::process::waitid(WaitId::Pid(self.worker), WaitIdOptions::EXITED)?;
        let status = status.ok_or("it has not ended")?;
        let end = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => End::Code(code),
            (_, Some(signal)) => End::Signal(signal),
            (None, None) => return Err("an unknown end".into()),
        };
        Ok((end, left_behind()?))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Of one that came to no conclusion.
        for process in self.others.iter_mut().chain([&mut self.host]) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Processes that have not ended though their worker has; they are ended now.
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

/// Waits until something holds that only can be asked for.
pub(crate) async fn until(holds: impl AsyncFn() -> bool) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    while !holds().await {
        if begun.elapsed() > LONG {
            return Err("the worker does not come to the state that is wanted".into());
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// One that nobody uses, and that nobody takes in the moment until the worker does.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Writes as much as a pipe holds.
fn fill(pipe: &io::PipeWriter) -> io::Result<()> {
    let size = rustix::pipe::fcntl_getpipe_size(pipe)?;
    io::Write::write_all(&mut &*pipe, &vec![b'\n'; size])
}
