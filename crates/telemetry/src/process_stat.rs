//! `/proc/PID/stat`, which has most figures of a process in one short file.

use std::time::Duration;

use crate::cpu_load::CpuTime;
use crate::linux;

/// The figures of a process (proc(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessStat {
    pid: u32,
    pub(crate) parent: u32,
    /// CPU time in milliseconds.
    cpu_ms: u64,
    /// CPU time in milliseconds of the children that it has waited for.
    reaped_cpu_ms: u64,
    pub(crate) threads: usize,
    /// Since the boot, in milliseconds.
    started_ms: u64,
    /// Resident memory in pages.
    pub(crate) resident_pages: u64,
}

/// USER_HZ is 100 on x86-64 and aarch64.
const MILLIS_PER_TICK: u64 = 10;

impl ProcessStat {
    /// Reads the figures; `None` if the process has ended or cannot be read. `buffer` is reused.
    pub(crate) fn read(pid: u32, buffer: &mut Vec<u8>) -> Option<Self> {
        linux::read_file(format!("/proc/{pid}/stat"), buffer).ok()?;
        Self::parse(pid, &String::from_utf8_lossy(buffer))
    }

    fn parse(pid: u32, stat: &str) -> Option<Self> {
        // The second field, the name in parentheses, may contain any character.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        // Fields count from 1 in proc(5), and the first here is the third; each call goes on from
        // the call before.
        let mut next = 3;
        let mut field = |number: usize| {
            let field = fields.nth(number - next)?.parse::<u64>().ok();
            next = number + 1;
            field
        };
        Some(Self {
            pid,
            parent: field(4)?.try_into().ok()?,
            cpu_ms: (field(14)? + field(15)?) * MILLIS_PER_TICK,
            reaped_cpu_ms: (field(16)? + field(17)?) * MILLIS_PER_TICK,
            threads: field(20)?.try_into().ok()?,
            started_ms: field(22)? * MILLIS_PER_TICK,
            resident_pages: field(24)?,
        })
    }

    /// Identifies the process although pids are reused.
    pub(crate) fn key(&self) -> (u32, u64) {
        (self.pid, self.started_ms)
    }

    pub(crate) fn cpu_time(&self) -> CpuTime {
        let age = linux::since_boot().unwrap_or_default();
        CpuTime {
            own: self.cpu_ms,
            reaped: self.reaped_cpu_ms,
            age: age.saturating_sub(Duration::from_millis(self.started_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_contain_any_character() {
        for name in ["worker", "a b", "x) R 1 (y"] {
            let stat =
                format!("7 ({name}) S 5 1 1 0 -1 0 0 0 0 0 11 12 130 4 20 0 3 0 4711 0 300 9\n");
            let expected = ProcessStat {
                pid: 7,
                parent: 5,
                cpu_ms: 230,
                reaped_cpu_ms: 1_340,
                threads: 3,
                started_ms: 47_110,
                resident_pages: 300,
            };
            assert_eq!(ProcessStat::parse(7, &stat), Some(expected), "{name}");
        }
        assert_eq!(ProcessStat::parse(7, "7 (worker) S"), None);
    }
}
