//! From CPU times to load.

use std::collections::HashMap;
use std::time::Duration;

/// The processes of a tree, by pid and second of the start, which together are not used twice.
pub(crate) type CpuTimes = HashMap<(u32, u64), CpuTime>;

/// What a process had used when it was looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuTime {
    /// In milliseconds, by itself.
    pub(crate) own: u64,
    /// In milliseconds, by children of it that have ended and been waited for, and by theirs.
    pub(crate) reaped: u64,
    /// How long ago it had started, to the second.
    pub(crate) age: Duration,
}

/// How far an age may be off.
const AGE_STEP: Duration = Duration::from_secs(1);

/// The load between two looks, in per cent of one core.
///
/// A process that was not there before counts with all it has used if it has started since, else
/// from the next time on: it may have joined the tree after hours elsewhere.
/// One that ended in between counts by what its parent was charged with when it waited for it;
/// one that nobody waited for counts no more.
pub(crate) fn percent(before: &CpuTimes, now: &CpuTimes, passed: Duration) -> f64 {
    let mut own = 0;
    let mut reaped = 0;
    for (process, time) in now {
        let is_new = time.age <= passed + AGE_STEP;
        let at_first = if is_new { (0, 0) } else { (time.own, time.reaped) };
        let (own_before, reaped_before) =
            before.get(process).map_or(at_first, |time| (time.own, time.reaped));
        own += time.own.saturating_sub(own_before);
        reaped += time.reaped.saturating_sub(reaped_before);
    }
    // A process hands its parent its whole time, of which this much has been counted already.
    let ended = before.iter().filter(|(process, _)| !now.contains_key(process));
    let counted: u64 = ended.map(|(_, time)| time.own + time.reaped).sum();
    let used = Duration::from_millis(own + reaped.saturating_sub(counted));
    if passed.is_zero() { 0.0 } else { 100.0 * used.as_secs_f64() / passed.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pid, own and reaped time in milliseconds, age in milliseconds.
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
    fn load_is_what_was_used_in_between() {
        check(&[(1, 100, 0, 9_000)], &[(1, 600, 0, 10_000)], 50.0);
        check(&[(1, 100, 0, 9_000)], &[(1, 100, 0, 10_000)], 0.0);
        check(&[(1, 500, 0, 9_000)], &[(1, 100, 0, 10_000)], 0.0);
    }

    #[test]
    fn a_process_that_began_in_between_counts_whole_and_an_older_one_from_now_on() {
        check(&[(1, 0, 0, 9_000)], &[(1, 1_000, 0, 10_000), (2, 900, 100, 1_000)], 200.0);
        check(&[(1, 0, 0, 9_000)], &[(1, 10, 0, 10_000), (2, 900_000, 100, 950_000)], 1.0);
    }

    #[test]
    fn a_process_that_ended_counts_by_what_its_parent_was_charged_with() {
        let before = [(1, 0, 50, 9_000), (2, 900, 0, 1_000)];
        // Waited for after 300 ms more; together with one of 200 ms that no look has seen.
        check(&before, &[(1, 0, 50 + 1_200, 10_000)], 30.0);
        check(&before, &[(1, 0, 50 + 1_200 + 200, 10_000)], 50.0);
        // Nobody waits for it: its own system has forgotten what it used.
        check(&before, &[(1, 100, 50, 10_000)], 10.0);
    }

    #[test]
    fn a_pid_that_is_used_again_is_another_process() {
        let time = |own, age| CpuTime { own, reaped: 0, age: Duration::from_secs(age) };
        let before = CpuTimes::from([((1, 10), time(5_000, 60))]);
        let now = CpuTimes::from([((1, 70), time(100, 0))]);
        assert!((percent(&before, &now, Duration::from_secs(1)) - 10.0).abs() < 1e-9);
    }
}
