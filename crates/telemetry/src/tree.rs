//! Which processes descend from which.

use crate::imp;

/// The pids of the descendants of a process, zombies included.
///
/// The tree changes while it is read: a process that is started or orphaned meanwhile may be
/// missed until the next time.
#[must_use]
pub fn descendants(pid: u32) -> Vec<u32> {
    imp::descendants(pid)
}
