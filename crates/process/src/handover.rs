//! Replaces this process by another program that continues its work.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::{signals, stdout};

/// Executes a program in place of this one (execve(2)), which is to become ready before signals and
/// stdout concern it; returns only if that fails, with everything as before.
///
/// SIGTERM, SIGINT and SIGHUP are blocked, and stdout is stderr: the variable `stdout_fd` has the
/// number of the original.
pub fn hand_over(command: &mut Command, stdout_fd: &str) -> io::Error {
    let aside = match stdout::set_aside() {
        Ok(aside) => aside,
        Err(error) => return error,
    };
    signals::block();
    let error = command.env(stdout_fd, aside.to_string()).exec();
    signals::reset();
    stdout::restore(aside).err().unwrap_or(error)
}
