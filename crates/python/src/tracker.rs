//! The resource tracker of `multiprocessing`, a process that releases shared memory when all others
//! that use it have ended.

use std::fs;
use std::fs::{File, ReadDir};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use crate::imp;

/// What its command line contains, before the number of its descriptor.
const COMMAND: &str = "multiprocessing.resource_tracker import main;main(";

/// Closes this process's end of the tracker's pipe, so that the tracker ends by itself.
///
/// It ignores SIGTERM, and what it tracks would outlive a SIGKILL. Needs no interpreter lock, which
/// an abandoned class may hold.
pub(crate) fn let_go() {
    let Ok(null) = File::options().write(true).open("/dev/null") else { return };
    let pipes: Vec<PathBuf> = children().iter().filter_map(|pid| pipe_of(pid)).collect();
    for entry in entries("/proc/self/fd") {
        let is_pipe = fs::read_link(entry.path()).is_ok_and(|target| pipes.contains(&target));
        if let (true, Some(fd)) =
            (is_pipe, entry.file_name().to_str().and_then(|fd| fd.parse().ok()))
        {
            // Replaced rather than closed: the class may go on and write to it.
            imp::replace_fd(null.as_raw_fd(), fd);
        }
    }
}

/// The processes that threads of this one have started (proc_pid_task(5)).
fn children() -> Vec<String> {
    let tasks = entries("/proc/self/task");
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children
        .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The pipe that a process reads, if it is a tracker.
fn pipe_of(pid: &str) -> Option<PathBuf> {
    let process = Path::new("/proc").join(pid);
    let command = fs::read(process.join("cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command);
    let (_, after) = command.split_once(COMMAND)?;
    let (number, _) = after.split_once(')')?;
    fs::read_link(process.join("fd").join(number)).ok()
}

fn entries(folder: &str) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).into_iter().flat_map(ReadDir::flatten)
}
