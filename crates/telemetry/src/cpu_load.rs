//! Computes CPU load from the CPU times of two samples.

use std::collections::BTreeMap;
use std::time::Duration;

/// CPU times by pid and start time in milliseconds; the pair identifies a process although pids are
/// reused.
pub(crate) type CpuTimes = BTreeMap<(u32, u64), CpuTime>;

/// CPU time of a process at the time of a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuTime {
    /// Milliseconds of the process itself.
    pub(crate) own: u64,
    /// Milliseconds of descendants that have ended and been waited for.
    pub(crate) reaped: u64,
    /// Time since its start.
    pub(crate) age: Duration,
}

/// Resolution of ages.
const AGE_RESOLUTION: Duration = Duration::from_millis(10);

/// CPU load between two samples, in percent of one core.
///
/// A process that is new in the tree counts with its whole CPU time if it started after the first sample;
/// otherwise it counts from the next sample on, since it may have joined the tree after hours elsewhere.
/// A process that ended in between counts with the time that its parent was charged for it on wait(2);
/// without a wait(2) it does not count.
pub(crate) fn percent(before: &CpuTimes, now: &CpuTimes, passed: Duration) -> f64 {
    let mut own = 0;
    let mut reaped = 0;
    for (process, time) in now {
        let is_new = time.age <= passed + AGE_RESOLUTION;
        let initial = if is_new { (0, 0) } else { (time.own, time.reaped) };
        let (own_before, reaped_before) =
            before.get(process).map_or(initial, |time| (time.own, time.reaped));
        own += time.own.saturating_sub(own_before);
        reaped += time.reaped.saturating_sub(reaped_before);
    }
    // A parent is charged the whole time of a process, part of which earlier samples have counted.
    let ended = before.iter().filter(|(process, _)| !now.contains_key(process));
    let counted: u64 = ended.map(|(_, time)| time.own + time.reaped).sum();
    let used = Duration::from_millis(own + reaped.saturating_sub(counted));
    if passed.is_zero() { 0.0 } else { 100.0 * used.as_secs_f64() / passed.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pid, own time, reaped time and age, all times in milliseconds.
    type Row = (u32, u64, u64, u64);

    #[track_caller]
    fn check(before: &[Row], now: &[Row], expected: f64) {
        let times = |rows: &[Row]| -> CpuTimes {
            let time = |&(pid, own, reaped, age): &Row| {
                ((pid, 0), CpuTime { own, reaped, age: Duration::from_millis(age) })
            };
            rows.iter().map(time).collect()
        };
        let percent = percent(&times(before), &times(now), Duration::from_secs(1));
        assert!((percent - expected).abs() < 1e-9, "{before:?} {now:?}: {percent}");
    }

    #[test]
    fn load_is_the_time_used_between_samples() {
        check(&[(1, 100, 0, 9_000)], &[(1, 600, 0, 10_000)], 50.0);
        check(&[(1, 100, 0, 9_000)], &[(1, 100, 0, 10_000)], 0.0);
        check(&[(1, 500, 0, 9_000)], &[(1, 100, 0, 10_000)], 0.0);
    }

    #[test]
    fn a_new_process_counts_whole_and_an_older_one_from_the_next_sample() {
        check(&[(1, 0, 0, 9_000)], &[(1, 1_000, 0, 10_000), (2, 900, 100, 1_000)], 200.0);
        check(&[(1, 0, 0, 9_000)], &[(1, 10, 0, 10_000), (2, 900_000, 100, 950_000)], 1.0);
    }

    #[test]
    fn an_ended_process_counts_by_the_time_charged_to_its_parent() {
        let before = [(1, 0, 50, 9_000), (2, 900, 0, 1_000)];
        // It used 300 ms more before wait(2); in the second case another process of 200 ms ended unseen.
        check(&before, &[(1, 0, 50 + 1_200, 10_000)], 30.0);
        check(&before, &[(1, 0, 50 + 1_200 + 200, 10_000)], 50.0);
        // Nobody waits for it, so its time is lost.
        check(&before, &[(1, 100, 50, 10_000)], 10.0);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let time = |own, age| CpuTime { own, reaped: 0, age: Duration::from_secs(age) };
        let before = CpuTimes::from([((1, 10), time(5_000, 60))]);
        let now = CpuTimes::from([((1, 70), time(100, 0))]);
        assert!((percent(&before, &now, Duration::from_secs(1)) - 10.0).abs() < 1e-9);
    }
}
