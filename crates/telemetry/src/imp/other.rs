//! Other systems: all processes by their parents.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use sysinfo::Pid;
use sysinfo::ProcessRefreshKind;
use sysinfo::ProcessesToUpdate;
use sysinfo::System;

/// The descendants of a process.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let Ok(mut system) = System::new() else { return Vec::new() };
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    let mut tree = HashSet::from([Pid::from_u32(pid)]);
    let mut found = Vec::new();
    loop {
        let before = found.len();
        for (child, process) in system.processes() {
            if process.parent().is_some_and(|parent| tree.contains(&parent)) && tree.insert(*child)
            {
                found.push(child.as_u32());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

pub(crate) fn threads(_pid: u32) -> Option<usize> {
    None
}

pub(crate) fn open_fds(_pid: u32) -> Option<usize> {
    None
}

/// Not told here: children that live shorter than from one sample to the next are not counted.
pub(crate) fn reaped_cpu_ms(_pid: u32) -> u64 {
    0
}

/// Not told here.
#[derive(Debug)]
pub(crate) struct Resident;

impl Resident {
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn bytes(&self) -> Option<u64> {
        None
    }
}

/// Not told here.
pub(crate) fn thread_cpu_time() -> Option<Duration> {
    None
}

/// Not told here.
pub(crate) fn process_cpu_time() -> Option<Duration> {
    None
}
