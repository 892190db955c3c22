//! A stand-in for a host: it starts a worker, says which process that is, and waits to be killed.

use std::error::Error;
use std::fs::File;
use std::io;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::Command;
use std::process::Stdio;
use std::thread;

/// The argument by which this program is such a host.
pub(crate) const SUBCOMMAND: &str = "host";

/// What the worker's stdout and stderr are, and who starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Pipes that are closed when the host is gone.
    Pipes,
    /// A file.
    ToFile,
    /// As `Pipes`, but stderr is full, and nobody reads it; it outlives the host.
    FullPipe,
    /// The same of stdout, where the announcement goes.
    FullStdout,
    /// Pipes that the host has closed.
    ClosedPipes,
    /// A disk without room.
    FullDisk,
    /// As `Pipes`, and the worker is another user's: an ordinary one, to whom the limit of threads
    /// applies.
    OrdinaryUser,
    /// As `Pipes`, and the worker is the first process of a pid namespace.
    OtherNamespace,
    /// As `Pipes`, and started by a thread of the host that has ended since.
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

/// Whether this system lets us make pid namespaces; containers often do not.
pub(crate) fn has_namespaces() -> bool {
    in_a_namespace().arg("true").output().is_ok_and(|made| made.status.success())
}

/// Runs the program that follows as the first process of a pid namespace.
fn in_a_namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child"]);
    command
}

/// `args`: the setting, a file that it may write to, the worker and its arguments.
///
/// The worker's stdin is a pipe that this process holds, and `PARENT` among the arguments is the
/// pid of this process, `DEAD` that of one that has ended.
/// The end of this process's own stdin lets it close the worker's.
pub(crate) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let [setting, file, program, args @ ..] = args else {
        return Err("a host needs a setting, a file and a worker".into());
    };
    let setting = Setting::ALL.into_iter().find(|known| known.name() == setting);
    let setting = setting.ok_or("an unknown setting")?;
    let mut command = match setting {
        Setting::OrdinaryUser => {
            let mut command = Command::new("setpriv");
            // One that nobody else is, since zombies count, too.
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
        // This process's own is one.
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
    let mut told = Vec::new();
    io::stdin().read_to_end(&mut told)?;
    // The lease.
    drop(child.stdin.take());
    loop {
        thread::park();
    }
}

/// One that nobody has.
fn dead_pid() -> io::Result<u32> {
    let mut child = Command::new("true").spawn()?;
    child.wait()?;
    Ok(child.id())
}
