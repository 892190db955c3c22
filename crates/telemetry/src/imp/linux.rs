//! Linux: proc(5).

use std::fs;

/// The descendants of a process, by `/proc/PID/task/TID/children`.
///
/// The lists change while they are read; a process that is started or orphaned meanwhile may be
/// missed until the next time.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut to_visit = vec![pid];
    while let Some(pid) = to_visit.pop() {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()) {
                // A child that moved to another thread while we read must not be there twice.
                if !found.contains(&child) {
                    found.push(child);
                    to_visit.push(child);
                }
            }
        }
    }
    found
}

pub(crate) fn threads(pid: u32) -> Option<usize> {
    entries(&format!("/proc/{pid}/task"))
}

pub(crate) fn open_fds(pid: u32) -> Option<usize> {
    let open = entries(&format!("/proc/{pid}/fd"))?;
    // Listing our own opens one more.
    Some(if pid == std::process::id() { open.saturating_sub(1) } else { open })
}

/// CPU time of the children that a process has waited for, in milliseconds.
pub(crate) fn reaped_cpu_ms(pid: u32) -> u64 {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| reaped_cpu_ms_in(&stat))
        .unwrap_or(0)
}

fn reaped_cpu_ms_in(stat: &str) -> Option<u64> {
    // proc(5): the second field, the name in parentheses, may hold anything; cutime and cstime are
    // the 16th and the 17th, in ticks.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) * MILLISECONDS_A_TICK)
}

/// USER_HZ is 100 on x86-64 and aarch64.
const MILLISECONDS_A_TICK: u64 = 10;

fn entries(folder: &str) -> Option<usize> {
    Some(fs::read_dir(folder).ok()?.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_is_found_whatever_the_name_of_the_process() {
        for name in ["worker", "a b", "x) R 1 (y"] {
            let stat = format!("7 ({name}) S 1 1 1 0 -1 0 0 0 0 0 11 12 130 4 20 0 1 0 4711 0 0");
            assert_eq!(reaped_cpu_ms_in(&stat), Some(1_340), "{name}");
        }
        assert_eq!(reaped_cpu_ms_in("7 (worker) S"), None);
    }
}
