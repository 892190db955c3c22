//! The process of the command.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process;
use std::process::ExitStatus;

use rustix::process::Pid;
use universal_worker_process::descendants;

use crate::config::Config;
use crate::error::Error;
use crate::imp;

/// A command that was started; dropping it leaves it alone.
#[derive(Debug)]
pub(crate) struct Command {
    pid: Pid,
    /// How it has ended.
    status: Option<ExitStatus>,
}

impl Command {
    pub(crate) fn start(config: &Config) -> Result<Self, Error> {
        let mut command = process::Command::new(&config.program);
        command.args(&config.args);
        match imp::spawn(&mut command) {
            Ok(child) => Ok(Self { pid: Pid::from_child(&child), status: None }),
            Err(source) => Err(Error::Start {
                program: config.program.clone(),
                is_there: is_path(config) && Path::new(&config.program).exists(),
                source,
            }),
        }
    }

    /// How it has ended; known once it was reaped.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.status
    }

    /// Reaps the command and adopted orphans; returns whether this process has descendants.
    pub(crate) fn reap(&mut self) -> bool {
        let own = self.pid.as_raw_nonzero().get().cast_unsigned();
        descendants::reap(|pid, status| {
            if pid == own && self.status.is_none() {
                self.status = Some(status);
            }
        })
    }

    /// Sends it a signal, unless it was reaped.
    pub(crate) fn signal(&self, signal: i32) {
        // Until it is reaped, its pid is not that of another process.
        if self.status.is_none() {
            imp::kill(self.pid, signal);
        }
    }

    pub(crate) fn is(&self, pid: u32) -> bool {
        pid == self.pid.as_raw_nonzero().get().cast_unsigned()
    }

    /// Whether a terminal sends it the signals that it sends this process.
    pub(crate) fn is_in_own_group(&self) -> bool {
        rustix::process::getpgid(Some(self.pid)) == Ok(rustix::process::getpgrp())
    }
}

/// Whether it names a file, and is not searched for.
fn is_path(config: &Config) -> bool {
    config.program.as_bytes().contains(&b'/')
}
