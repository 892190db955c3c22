//! Which processes descend from which.

use std::io;
use std::ops::ControlFlow;

use crate::imp;

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
    visit_descendants(pid, |pid| {
        found.push(pid);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Hands out each of them once, as it is found: before its own children are looked for.
///
/// # Errors
/// As [`descendants`]; those that were found before have been handed out.
pub fn visit_descendants(pid: u32, visit: impl FnMut(u32) -> ControlFlow<()>) -> io::Result<()> {
    imp::visit_descendants(pid, visit)
}

/// The parent of a process; none where it is gone, or nothing can be known of it.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    imp::parent(pid)
}

#[cfg(test)]
mod tests {
    use std::process;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_visit_ends_when_it_is_told_to() {
        let mut children = [(); 3].map(|()| Command::new("sleep").arg("600").spawn().unwrap());
        let pids = children.each_ref().map(process::Child::id);
        let all = descendants(process::id()).unwrap();
        assert!(pids.iter().all(|pid| all.contains(pid)), "{pids:?} {all:?}");
        let mut visited = 0;
        visit_descendants(process::id(), |_| {
            visited += 1;
            if visited == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!(visited, 2);
        assert_eq!(parent(pids[0]), Some(process::id()));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(parent(pids[0]), None);
        assert!(descendants(pids[0]).unwrap().is_empty());
    }
}
