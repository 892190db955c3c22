//! CPU times, from proc(5).

use std::time::Duration;
use std::{fs, io};

/// USER_HZ is 100 on x86-64 and aarch64.
const MILLISECONDS_PER_TICK: u64 = 10;

/// The CPU time of a process.
pub(crate) fn of_process(pid: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may contain anything; utime and stime are the fields 14 and 15.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    Ok(sum(fields.split_ascii_whitespace().skip(11).take(2)))
}

/// The CPU time of all processes.
pub(crate) fn of_machine() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let all = stat.lines().next().unwrap_or_default();
    // The fields are user, nice, system, idle, iowait, irq and softirq.
    let fields: Vec<&str> = all.split_ascii_whitespace().skip(1).take(7).collect();
    let busy = fields.iter().enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    Ok(sum(busy.map(|(_, ticks)| *ticks)))
}

fn sum<'a>(ticks: impl Iterator<Item = &'a str>) -> Duration {
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * MILLISECONDS_PER_TICK)
}
