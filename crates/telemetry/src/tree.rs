//! Which processes descend from which.

use std::io;

use crate::imp;

/// Where a visit goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// The descendants of the process that was found are visited, too.
    Descend,
    /// They are not.
    PassBy,
}

/// The pids of the descendants of a process, zombies included.
///
/// The tree changes while it is read: a process that is started or orphaned meanwhile may be
/// missed until the next time.
/// A process that is gone has none.
///
/// # Errors
/// When the system's list of processes cannot be read: no procfs is mounted, or there is no file
/// descriptor left to open it with.
pub fn descendants(pid: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    visit_descendants(
        pid,
        || false,
        |pid| {
            found.push(pid);
            Visit::Descend
        },
    )?;
    Ok(found)
}

/// Hands out each of them once, as it is found: with its siblings, and before its own children are
/// looked for; ends early as soon as `is_over`, which is asked before each.
///
/// # Errors
/// As [`descendants`]; those that were found before have been handed out.
pub fn visit_descendants(
    pid: u32,
    is_over: impl Fn() -> bool,
    visit: impl FnMut(u32) -> Visit,
) -> io::Result<()> {
    imp::visit_descendants(pid, is_over, visit)
}

/// The parent of a process; none where it is gone, or nothing can be known of it.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    imp::parent(pid)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::process;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_passed_by_is_not_descended_into() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 600 & echo; wait"])
            .stdout(process::Stdio::piped())
            .spawn()
            .unwrap();
        io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let below = descendants(shell.id()).unwrap();
        assert_eq!(below.len(), 1);
        for visit in [Visit::Descend, Visit::PassBy] {
            let mut found = Vec::new();
            visit_descendants(
                process::id(),
                || false,
                |pid| {
                    found.push(pid);
                    visit
                },
            )
            .unwrap();
            assert!(found.contains(&shell.id()));
            assert_eq!(found.contains(&below[0]), visit == Visit::Descend);
        }
        Command::new("kill").arg(below[0].to_string()).status().unwrap();
        shell.wait().unwrap();
    }

    #[test]
    fn a_visit_ends_when_it_is_told_to() {
        let mut children = [(); 3].map(|()| Command::new("sleep").arg("600").spawn().unwrap());
        let pids = children.each_ref().map(process::Child::id);
        let all = descendants(process::id()).unwrap();
        assert!(pids.iter().all(|pid| all.contains(pid)), "{pids:?} {all:?}");
        let visited = Cell::new(0);
        let visit = |_| {
            visited.set(visited.get() + 1);
            Visit::Descend
        };
        visit_descendants(process::id(), || visited.get() == 2, visit).unwrap();
        assert_eq!(visited.get(), 2);
        assert_eq!(parent(pids[0]), Some(process::id()));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(parent(pids[0]), None);
        assert!(descendants(pids[0]).unwrap().is_empty());
    }
}
