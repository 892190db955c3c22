//! How a system tells that a process is gone.
//!
//! By a handle on it where there is one (pidfd on Linux, kqueue on the BSDs). Where there is none,
//! or waiting on it fails, the process is looked at again and again, so that a watch neither ends
//! while its process lives nor goes blind.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;
use waitpid_any::WaitHandle;

/// A hold on a process that was alive when it was taken.
#[derive(Debug)]
pub(crate) struct Hold {
    handle: Option<WaitHandle>,
    look: Look,
}

/// What a process that can only be looked at is known by.
#[derive(Debug)]
struct Look {
    pid: Pid,
    /// In clock ticks since boot, since its pid may be used again; none where that cannot be read.
    start: Option<u64>,
}

/// What one look shows.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// A process that started then.
    Alive(u64),
    /// Nothing, or a zombie.
    Gone,
    /// A process of which no more can be read: there is no procfs, it hides the processes of other
    /// users, or we have run out of file descriptors.
    Hidden,
}

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

impl Hold {
    /// Takes hold of a process; none when it is gone.
    pub(crate) fn take(pid: Pid) -> io::Result<Option<Self>> {
        let is_parent = || rustix::process::getppid() == Some(pid);
        let was_parent = is_parent();
        let handle = match WaitHandle::open(pid.as_raw_nonzero().get()) {
            Ok(handle) => Some(handle),
            Err(error) if is(&error, Errno::SRCH) => return Ok(None),
            // pidfd_open(2): the number is that of a thread that does not lead its process.
            Err(error) if is(&error, Errno::INVAL) || is(&error, Errno::NOENT) => {
                return Err(error);
            }
            Err(_) => None,
        };
        // A parent that ended meanwhile has left us to another, and its pid to anybody.
        let orphaned = was_parent && !is_parent();
        let mut hold = Self { handle, look: Look::at(pid) };
        Ok(if orphaned || hold.is_gone() { None } else { Some(hold) })
    }

    fn is_gone(&mut self) -> bool {
        let told = self.handle.as_mut().map(|handle| handle.wait_timeout(Duration::ZERO));
        match told {
            Some(Ok(gone)) => gone.is_some(),
            Some(Err(_)) | None => self.look.is_gone(),
        }
    }

    /// Blocks until the process is gone.
    pub(crate) fn wait(self) {
        if let Some(mut handle) = self.handle {
            loop {
                match handle.wait() {
                    Ok(()) => return,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        while !self.look.is_gone() {
            thread::sleep(PAUSE);
        }
    }
}

impl Look {
    fn at(pid: Pid) -> Self {
        let start = if let Seen::Alive(start) = see(pid) { Some(start) } else { None };
        Self { pid, start }
    }

    fn is_gone(&self) -> bool {
        match see(self.pid) {
            Seen::Alive(start) => self.start.is_some_and(|own| own != start),
            Seen::Gone => true,
            Seen::Hidden => false,
        }
    }
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

fn see(pid: Pid) -> Seen {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    if let Some(seen) = stat.ok().and_then(|stat| seen_in(&stat)) {
        return seen;
    }
    match rustix::process::test_kill_process(pid) {
        Err(Errno::SRCH) => Seen::Gone,
        _ => Seen::Hidden,
    }
}

/// Reads `/proc/PID/stat` as proc(5) has it.
fn seen_in(stat: &str) -> Option<Seen> {
    // The second field, the name in parentheses, may hold anything; the state is the third, the
    // number of threads the 20th, the start the 22nd.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let threads: u64 = fields.get(17)?.parse().ok()?;
    // A first thread that has ended shows as a zombie while the others go on.
    let is_gone = matches!(fields.first()?, &"Z" | &"X") && threads <= 1;
    if is_gone { Some(Seen::Gone) } else { Some(Seen::Alive(fields.get(19)?.parse().ok()?)) }
}

#[cfg(test)]
mod tests {
    use std::process::Child;
    use std::process::Command;

    use super::*;

    fn pid_of(child: &Child) -> Pid {
        Pid::from_child(child)
    }

    #[test]
    fn without_a_handle_the_end_is_seen_all_the_same() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let hold = Hold { handle: None, look: Look::at(pid_of(&child)) };
        assert!(!hold.look.is_gone());
        child.kill().unwrap();
        // As a zombie at first.
        hold.wait();
        child.wait().unwrap();
        assert_eq!(see(pid_of(&child)), Seen::Gone);
    }

    #[test]
    fn another_process_of_the_same_pid_is_not_taken_for_the_one_that_is_gone() {
        let look = Look { pid: rustix::process::getpid(), start: Some(1) };
        assert!(look.is_gone());
    }

    #[test]
    fn a_process_that_shows_nothing_of_itself_is_not_taken_for_gone() {
        let look = Look { pid: rustix::process::getpid(), start: None };
        assert!(!look.is_gone());
    }

    #[test]
    fn a_zombie_is_gone_unless_threads_of_it_live() {
        let stat = |name: &str, state: char, threads: u32| {
            format!("7 ({name}) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 4711 0 0")
        };
        for (name, state, threads, expected) in [
            ("worker", 'S', 1, Some(Seen::Alive(4711))),
            ("a ) Z (b", 'R', 3, Some(Seen::Alive(4711))),
            ("worker", 'Z', 1, Some(Seen::Gone)),
            ("worker", 'X', 0, Some(Seen::Gone)),
            ("worker", 'Z', 2, Some(Seen::Alive(4711))),
        ] {
            assert_eq!(seen_in(&stat(name, state, threads)), expected, "{name} {state} {threads}");
        }
        assert_eq!(seen_in("7 (worker) S"), None);
    }
}
