//! Process trees.

use std::io;

use crate::linux;
use crate::process_stat::ProcessStat;
use crate::visit::Visit;

/// Returns the pids of all descendants of a process, including zombies.
///
/// The tree changes while it is read: a process that is started or orphaned meanwhile may be missed.
/// A process that has ended has no descendants.
///
/// # Errors
/// If no procfs of this pid namespace is mounted, or no file descriptor is left.
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

/// Calls `visit` once for each descendant of a process, before it looks for the children of that
/// descendant; stops as soon as `is_over` returns `true`, which is called before each `visit`.
///
/// # Errors
/// As [`descendants`]; `visit` may have been called before.
pub fn visit_descendants(
    pid: u32,
    is_over: impl Fn() -> bool,
    visit: impl FnMut(u32) -> Visit,
) -> io::Result<()> {
    linux::visit_descendants(pid, is_over, visit)
}

/// Returns the parent of a process; `None` if the process has ended or cannot be read.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    ProcessStat::read(pid, &mut Vec::new()).map(|stat| stat.parent)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::process;
    use std::process::Command;

    use super::*;

    #[test]
    fn descendants_of_a_skipped_process_are_not_visited() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 600 & echo; wait"])
            .stdout(process::Stdio::piped())
            .spawn()
            .unwrap();
        io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let below = descendants(shell.id()).unwrap();
        assert_eq!(below.len(), 1);
        for visit in [Visit::Descend, Visit::Skip] {
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
    fn a_visit_stops_when_is_over_returns_true() {
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
