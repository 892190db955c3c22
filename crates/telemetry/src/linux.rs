//! Figures from proc(5), clock_gettime(2) and getrusage(2).

#![allow(
    unsafe_code,
    reason = "clock_gettime(2), getrusage(2) and sysconf(3) have no safe wrapper in std"
)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::Duration;
use std::{fs, io, process};

use crate::visit::Visit;

/// Calls `visit` for each descendant, as listed in `/proc/PID/task/TID/children`.
pub(crate) fn visit_descendants(
    pid: u32,
    is_over: impl Fn() -> bool,
    mut visit: impl FnMut(u32) -> Visit,
) -> io::Result<()> {
    check_procfs()?;
    // No hash set: its keys are random, and the system may refuse to make them.
    let mut found = BTreeSet::new();
    let mut to_visit = vec![pid];
    let mut buffer = Vec::new();
    while let Some(pid) = to_visit.pop().filter(|_| !is_over()) {
        for thread in threads_of(pid)? {
            for child in children_of(pid, thread, &mut buffer)? {
                if is_over() {
                    return Ok(());
                }
                // A child may move to another thread meanwhile, and must not be visited twice.
                if found.insert(child) {
                    match visit(child) {
                        Visit::Descend => to_visit.push(child),
                        Visit::Skip => {}
                    }
                }
            }
        }
    }
    Ok(())
}

/// The threads of a process; empty if the process has ended.
fn threads_of(pid: u32) -> io::Result<Vec<u32>> {
    let folder = format!("/proc/{pid}/task");
    // Links are two and one for each thread; most processes have only the first, which has their id.
    if fs::metadata(&folder).is_ok_and(|folder| folder.nlink() == 3) {
        return Ok(vec![pid]);
    }
    let tasks = match fs::read_dir(folder) {
        Err(error) if is_gone(&error) && has_procfs()? => return Ok(Vec::new()),
        tasks => tasks?,
    };
    let mut threads = Vec::new();
    for task in tasks {
        match task {
            Ok(task) => {
                threads.extend(task.file_name().to_str().and_then(|tid| tid.parse::<u32>().ok()));
            }
            // The process ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(threads)
}

/// The children that a thread has started; empty if the thread has ended.
fn children_of(pid: u32, thread: u32, buffer: &mut Vec<u8>) -> io::Result<Vec<u32>> {
    match read_file(format!("/proc/{pid}/task/{thread}/children"), buffer) {
        Err(error) if is_gone(&error) && has_procfs()? => return Ok(Vec::new()),
        read => read?,
    }
    let children = String::from_utf8_lossy(buffer);
    Ok(children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

/// Whether a process or thread has ended, or is hidden because it belongs to another user (proc(5),
/// hidepid).
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
        || error.raw_os_error() == Some(libc::ESRCH)
}

/// Whether the lists of children exist at all, so that a missing one means that its thread has ended.
///
/// # Errors
/// If no procfs is mounted, or the kernel lacks CONFIG_PROC_CHILDREN.
fn has_procfs() -> io::Result<bool> {
    fs::metadata("/proc/thread-self/children").map(|_| true)
}

/// Whether `/proc` shows the pid namespace of this process, so that its numbers are those of this
/// process's system calls.
///
/// # Errors
/// If no procfs is mounted, or it is that of another namespace: a number then names another process.
pub fn check_procfs() -> io::Result<()> {
    let own = process::id();
    // An outer procfs shows the pid that this process has there, any other one no pid at all.
    let link = fs::read_link("/proc/self")?;
    let is_own = link.to_str().and_then(|link| link.parse().ok()) == Some(own);
    if is_own {
        let mut status = Vec::new();
        read_file("/proc/self/status", &mut status)?;
        if namespaces(&String::from_utf8_lossy(&status)) <= 1 {
            return Ok(());
        }
    }
    Err(io::Error::other("/proc belongs to another pid namespace"))
}

/// The number of pid namespaces, from that of the procfs inward, in which a process has a pid; 0 if
/// the kernel has no namespaces. The pid may happen to be the same in several.
fn namespaces(status: &str) -> usize {
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    pids.map_or(0, |pids| pids.split_ascii_whitespace().count())
}

/// The number of open file descriptors of a process.
pub(crate) fn open_fds(pid: u32) -> Option<usize> {
    let folder = format!("/proc/{pid}/fd");
    // The size of the folder since Linux 6.2, and 0 before; listing it takes long if many are open.
    let size = usize::try_from(fs::metadata(&folder).ok()?.len()).ok()?;
    if size > 0 {
        return Some(size);
    }
    let open = fs::read_dir(&folder).ok()?.count();
    // Listing this process's own opens one more.
    Some(if pid == process::id() { open.saturating_sub(1) } else { open })
}

/// Reads a whole file into `buffer`, in place of what it had.
///
/// Unlike [`fs::read`], it does not ask for the size, which is 0 for the files of procfs.
pub(crate) fn read_file(path: impl AsRef<Path>, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    buffer.reserve(USUAL_SIZE);
    File::open(path)?.take(u64::MAX).read_to_end(buffer).map(drop)
}

const USUAL_SIZE: usize = 2048;

/// Reads the resident memory of this process from `/proc/self/statm`.
#[derive(Debug)]
pub(crate) struct ResidentMemory {
    statm: File,
    page_size: u64,
}

impl ResidentMemory {
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self { statm: File::open("/proc/self/statm")?, page_size: page_size()? })
    }

    pub(crate) fn bytes(&self) -> Option<u64> {
        let mut text = [0; 128];
        let read = self.statm.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..read]).ok()?;
        // proc(5): the first fields are size and resident, in pages.
        let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(pages * self.page_size)
    }
}

/// The size of a page of memory, in bytes.
pub(crate) fn page_size() -> io::Result<u64> {
    // SAFETY: sysconf(3) takes a number and accesses no memory of this program.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).map_err(|_| io::Error::last_os_error())
}

/// CPU time of the calling thread.
pub(crate) fn thread_cpu_time() -> Option<Duration> {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of this process and of the children that it has waited for.
pub(crate) fn process_cpu_time() -> Option<Duration> {
    let children = children_cpu_time()?;
    Some(clock(libc::CLOCK_PROCESS_CPUTIME_ID)? + children)
}

/// Time since the boot, as `/proc/PID/stat` counts it.
pub(crate) fn since_boot() -> Option<Duration> {
    clock(libc::CLOCK_BOOTTIME)
}

fn clock(clock: libc::clockid_t) -> Option<Duration> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: clock_gettime(2) writes the whole structure if it returns 0.
    let time = unsafe {
        if libc::clock_gettime(clock, time.as_mut_ptr()) != 0 {
            return None;
        }
        time.assume_init()
    };
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

fn children_cpu_time() -> Option<Duration> {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: getrusage(2) writes the whole structure if it returns 0.
    let usage = unsafe {
        if libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) != 0 {
            return None;
        }
        usage.assume_init()
    };
    let duration = |time: libc::timeval| {
        let micros = u64::try_from(time.tv_usec).ok()?;
        Some(Duration::from_secs(time.tv_sec.try_into().ok()?) + Duration::from_micros(micros))
    };
    Some(duration(usage.ru_utime)? + duration(usage.ru_stime)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_procfs_of_an_outer_namespace_shows_several_pids() {
        assert!(check_procfs().is_ok());
        for (line, expected) in [("NSpid:\t7\n", 1), ("NSpid:\t7\t7\n", 2), ("", 0)] {
            assert_eq!(namespaces(&format!("Name:\tworker\n{line}NSpgid:\t7\n")), expected);
        }
    }
}
