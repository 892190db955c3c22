//! A host: it starts a worker, prints the pid, and waits to be killed.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::{io, thread};

/// The argument that runs this program as a host.
pub(crate) const SUBCOMMAND: &str = "host";

/// How the host starts the worker, and the worker's stdout and stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Pipes to the host.
    Pipes,
    /// Both are a file.
    ToFile,
    /// Like `Pipes`, but stderr is a full pipe that is not read, and outlives the host.
    FullPipe,
    /// Like `FullPipe`, but for stdout, which gets the announcement.
    FullStdout,
    /// Pipes, which the host has closed.
    ClosedPipes,
    /// Both are a file on a full disk.
    FullDisk,
    /// Like `Pipes`, but the worker runs as an ordinary user, who has a limit of threads.
    OrdinaryUser,
    /// Like `Pipes`, but the worker is the first process of a pid namespace.
    OtherNamespace,
    /// Like `Pipes`, but the thread of the host that started the worker has ended.
    EndedThread,
}

impl Setting {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pipes => "pipes",
            Self::ToFile => "to-file",
            Self::FullPipe => "full-pipe",
            Self::FullStdout => "full-stdout",
            Self::ClosedPipes => "closed-pipes",
            Self::FullDisk => "full-disk",
            Self::OrdinaryUser => "ordinary-user",
            Self::OtherNamespace => "other-namespace",
            Self::EndedThread => "ended-thread",
        }
    }

    const ALL: [Self; 9] = [
        Self::Pipes,
        Self::ToFile,
        Self::FullPipe,
        Self::FullStdout,
        Self::ClosedPipes,
        Self::FullDisk,
        Self::OrdinaryUser,
        Self::OtherNamespace,
        Self::EndedThread,
    ];
}

/// Whether this process may create pid namespaces; in containers it often may not.
pub(crate) fn has_namespaces() -> bool {
    in_a_namespace().arg("true").output().is_ok_and(|made| made.status.success())
}

/// A command that runs a program as the first process of a pid namespace.
fn in_a_namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child"]);
    command
}

/// Runs the host with `args`: the setting, a file for output, the worker and its arguments.
///
/// In the worker's arguments, `PARENT` becomes the pid of this process, and `DEAD` the pid of a
/// process that has ended.
/// The worker's stdin is a pipe, which this process closes when its own stdin ends.
pub(crate) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let [setting, file, program, args @ ..] = args else {
        return Err("a host needs a setting, a file and a worker".into());
    };
    let setting = Setting::ALL.into_iter().find(|known| known.name() == setting);
    let setting = setting.ok_or("unknown setting")?;
    let mut command = match setting {
        Setting::OrdinaryUser => {
            let mut command = Command::new("setpriv");
            // A user without other processes, because their threads and zombies count as well.
            let user = 20_000 + std::process::id() % 40_000;
            command.args([&format!("--reuid={user}"), &format!("--regid={user}")]);
            command.arg("--clear-groups").arg(program);
            command
        }
        Setting::OtherNamespace => {
            let mut command = in_a_namespace();
            command.arg(program);
            command
        }
        _ => Command::new(program),
    };
    let (parent, dead) = (std::process::id().to_string(), dead_pid()?.to_string());
    command.args(args.iter().map(|arg| match arg.as_str() {
        "PARENT" => &parent,
        "DEAD" => &dead,
        _ => arg,
    }));
    command.stdin(Stdio::piped());
    match setting {
        Setting::Pipes
        | Setting::ClosedPipes
        | Setting::OrdinaryUser
        | Setting::OtherNamespace
        | Setting::EndedThread => {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        Setting::ToFile => {
            let file = File::create(file)?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        Setting::FullDisk => {
            let full = File::options().write(true).open("/dev/full")?;
            command.stdout(full.try_clone()?).stderr(full);
        }
        // This process's own stderr is the full pipe.
        Setting::FullPipe => {
            command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        }
        Setting::FullStdout => {
            command.stdout(io::stderr().as_fd().try_clone_to_owned()?).stderr(Stdio::piped());
        }
    }
    let mut child = match setting {
        Setting::EndedThread => {
            thread::spawn(move || command.spawn()).join().map_err(|_| "the thread panicked")?
        }
        _ => command.spawn(),
    }?;
    if setting == Setting::ClosedPipes {
        drop((child.stdout.take(), child.stderr.take()));
    }
    println!("{}", child.id());
    io::stdin().read_to_end(&mut Vec::new())?;
    // The worker's stdin is its lease.
    drop(child.stdin.take());
    loop {
        thread::park();
    }
}

/// The pid of a process that has ended.
fn dead_pid() -> io::Result<u32> {
    let mut child = Command::new("true").spawn()?;
    child.wait()?;
    Ok(child.id())
}
