//! Processes that the plugin starts.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{io, thread};

use universal_worker_plugin::{PluginError, RawArgs};

use crate::imp;
use crate::keywords::{optional, required, seconds};

/// A process that sleeps.
pub(crate) struct Sleeper {
    pub(crate) duration: Duration,
    /// Starts in a session of its own.
    pub(crate) detached: bool,
    /// Outlives its parent.
    pub(crate) orphaned: bool,
    /// Ignores SIGTERM.
    pub(crate) deaf: bool,
}

impl Sleeper {
    /// Reads the keywords of a call.
    pub(crate) fn from_args(args: &RawArgs) -> Result<Self, PluginError> {
        let flag = |name| optional(args, name).map(|flag| flag.unwrap_or(false));
        Ok(Self {
            duration: seconds(args, "secs")?,
            detached: flag("detach")?,
            orphaned: flag("orphan")?,
            deaf: flag("deaf")?,
        })
    }

    /// Starts the process and returns its pid.
    pub(crate) fn start(&self) -> io::Result<u32> {
        let seconds = self.duration.as_secs_f64();
        // An ignored signal stays ignored after exec.
        let deaf = if self.deaf { "trap '' TERM; " } else { "" };
        let script = if self.orphaned {
            format!("{deaf}sleep {seconds} >/dev/null & echo $!")
        } else {
            format!("{deaf}echo $$; exec sleep {seconds} >/dev/null")
        };
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if self.detached {
            imp::detach(&mut command);
        }
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        if self.orphaned {
            child.wait()?;
        }
        line.trim().parse().map_err(io::Error::other)
    }
}

/// Starts a daemon that ignores SIGTERM and starts other processes as fast as it can; returns its pid.
pub(crate) fn breed(others: u32) -> io::Result<u32> {
    let script = format!(
        "trap '' TERM; n=0; while [ $n -lt {others} ]; do sleep 600 & n=$((n+1)); done; sleep 600"
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    imp::detach(&mut command);
    Ok(command.spawn()?.id())
}

/// Starts children and waits for them, on many threads; returns how many had the right exit code.
pub(crate) fn start_and_wait(args: &RawArgs) -> Result<usize, PluginError> {
    const CODE: i32 = 7;
    let (threads, children): (usize, usize) =
        (required(args, "threads")?, required(args, "children")?);
    let wait_for_all = move || -> io::Result<usize> {
        let mut right = 0;
        for _ in 0..children {
            let status = Command::new("sh").args(["-c", &format!("exit {CODE}")]).status()?;
            right += usize::from(status.code() == Some(CODE));
        }
        Ok(right)
    };
    let threads: Vec<_> = (0..threads).map(|_| thread::spawn(wait_for_all)).collect();
    let mut right = 0;
    for thread in threads {
        right += thread.join().map_err(|_| PluginError::new("a thread panicked"))??;
    }
    Ok(right)
}
