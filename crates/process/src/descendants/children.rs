//! Finds children by their numbers, where no procfs lists them.

use std::ops::RangeInclusive;

use rustix::process::Pid;

use crate::descendants::live_process::LiveProcess;
use crate::imp;

/// The largest pid of any Linux system (PID_MAX_LIMIT, proc(5)).
const MAX: i32 = 1 << 22;

/// The number of pids between two checks whether to go on.
const CHECKED: usize = 4096;

/// Calls `visit` for each live child of this process; stops once `is_over` returns `true`.
///
/// The system tells of a number whether it is that of a child (waitid(2)), in a fraction of a
/// microsecond, so that strangers are never mistaken for one.
pub(super) fn visit(mut is_over: impl FnMut() -> bool, mut visit: impl FnMut(LiveProcess)) {
    let own = rustix::process::getpid().as_raw_pid();
    for (count, pid) in ranges(own, imp::newest_pid(), MAX).into_iter().flatten().enumerate() {
        if count % CHECKED == 0 && is_over() {
            return;
        }
        if let Some(child) = Pid::from_raw(pid).and_then(LiveProcess::open_child) {
            visit(child);
        }
    }
}

/// All pids but those of this process and of process 1, the likely ones first: the system gives out
/// increasing numbers, and starts over at the end.
fn ranges(own: i32, newest: Option<i32>, max: i32) -> [RangeInclusive<i32>; 3] {
    let newest = newest.unwrap_or(max);
    if newest > own {
        [own + 1..=newest, newest + 1..=max, 2..=own - 1]
    } else {
        [own + 1..=max, 2..=newest, newest + 1..=own - 1]
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::process::Command;

    use rustix::process::{WaitId, WaitIdOptions};

    use super::*;

    #[test]
    fn every_number_but_our_own_is_in_one_range() {
        const MAX: i32 = 20;
        for (own, newest) in
            [(7, Some(9)), (7, Some(3)), (7, None), (2, Some(3)), (1, Some(2)), (MAX, Some(5))]
        {
            let mut all: Vec<i32> = ranges(own, newest, MAX).into_iter().flatten().collect();
            all.sort_unstable();
            let expected: Vec<i32> = (2..=MAX).filter(|pid| *pid != own).collect();
            assert_eq!(all, expected, "{own} {newest:?}");
        }
    }

    #[test]
    fn living_children_are_found_and_nothing_else() {
        let mut children = [(); 3].map(|()| Command::new("sleep").arg("600").spawn().unwrap());
        let pids = children.each_ref().map(Pid::from_child);
        let find = || {
            let found = Cell::new(Vec::new());
            visit(
                || {
                    // Other tests have children as well; all are found in the first range.
                    let so_far = found.take();
                    let is_over = pids.iter().all(|pid| so_far.contains(pid));
                    found.set(so_far);
                    is_over
                },
                |child| {
                    let mut so_far = found.take();
                    so_far.push(child.pid);
                    found.set(so_far);
                },
            );
            found.take()
        };
        let found = find();
        assert!(pids.iter().all(|pid| found.contains(pid)), "{pids:?} {found:?}");
        let parent = rustix::process::getppid().unwrap();
        assert!(!found.contains(&parent) && !found.contains(&rustix::process::getpid()));
        for child in &mut children {
            child.kill().unwrap();
        }
        for pid in &pids {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            rustix::process::waitid(WaitId::Pid(*pid), options).unwrap();
        }
        assert!(pids.iter().all(|pid| LiveProcess::open_child(*pid).is_none()), "zombies");
        for child in &mut children {
            child.wait().unwrap();
        }
    }
}
