//! Other systems: all processes by their parents.

use std::io;
use std::time::Duration;

use sysinfo::Pid;
use sysinfo::Process;
use sysinfo::ProcessRefreshKind;
use sysinfo::ProcessesToUpdate;
use sysinfo::System;

use crate::tree::Visit;

pub(crate) fn visit_descendants(
    pid: u32,
    is_over: impl Fn() -> bool,
    mut visit: impl FnMut(u32) -> Visit,
) -> io::Result<()> {
    let system = all_processes()?;
    let mut to_visit = vec![Pid::from_u32(pid)];
    while let Some(pid) = to_visit.pop() {
        let is_child = |process: &Process| process.parent() == Some(pid);
        for (child, _) in system.processes().iter().filter(|(_, process)| is_child(process)) {
            if is_over() {
                return Ok(());
            }
            match visit(child.as_u32()) {
                Visit::Descend => to_visit.push(*child),
                Visit::PassBy => {}
            }
        }
    }
    Ok(())
}

pub(crate) fn parent(pid: u32) -> Option<u32> {
    let system = all_processes().ok()?;
    Some(system.process(Pid::from_u32(pid))?.parent()?.as_u32())
}

fn all_processes() -> io::Result<System> {
    let mut system = System::new().map_err(io::Error::other)?;
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    Ok(system)
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
