//! A stand-in for a host: it starts a worker, says which process that is, and waits to be killed.

use std::error::Error;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::Command;
use std::process::Stdio;
use std::thread;

/// As many as a worker is started with, and one: not enough for a plugin.
const THREADS: u32 = 8;

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
            Self::EndedThread => "ended-thread",
        }
    }

    const ALL: [Self; 8] = [
        Self::Pipes,
        Self::ToFile,
        Self::FullPipe,
        Self::FullStdout,
        Self::ClosedPipes,
        Self::FullDisk,
        Self::OrdinaryUser,
        Self::EndedThread,
    ];
}

/// `args`: the setting, a file that it may write to, the worker and its arguments.
///
/// The worker's stdin is a pipe that this process holds, and `PARENT` among the arguments is the
/// pid of this process.
pub(crate) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let [setting, file, program, args @ ..] = args else {
        return Err("a host needs a setting, a file and a worker".into());
    };
    let setting = Setting::ALL.into_iter().find(|known| known.name() == setting);
    let setting = setting.ok_or("an unknown setting")?;
    let mut command = if setting == Setting::OrdinaryUser {
        let mut command = Command::new("setpriv");
        // One that nobody else is, since zombies count, too.
        let user = 20_000 + std::process::id() % 40_000;
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
        command.args(["prlimit", &format!("--nproc={THREADS}:{THREADS}")]).arg(program);
        command
    } else {
        Command::new(program)
    };
    let parent = std::process::id().to_string();
    command.args(args.iter().map(|arg| if arg == "PARENT" { &parent } else { arg }));
    command.stdin(Stdio::piped());
    match setting {
        Setting::Pipes | Setting::ClosedPipes | Setting::OrdinaryUser | Setting::EndedThread => {
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
    loop {
        thread::park();
    }
}
