//! Which threads execute calls: those of the lanes, or that of the connection (inline).

use std::time::{Duration, Instant};

use universal_worker_abi::Lanes;

use crate::run::Run;
use crate::run::output::{Operation, Output};

/// Decides by the calls so far whether the next one runs inline.
#[derive(Debug)]
pub(super) struct InlinePolicy {
    lanes: Lanes,
    /// Rises with each short call, and falls with each that is not.
    score: u32,
    /// Calls since the last long one.
    since_long: u32,
    /// Until then, calls have threads, because one took long.
    threads_until: Option<Instant>,
}

/// Bytes of arguments above which a call takes long, whatever the plugin does with them.
const LARGE: usize = 64 * 1024;

/// A call that is at most this long counts as short.
const SHORT: Duration = Duration::from_micros(100);

/// The score from which on calls run inline.
const PROBATION: u32 = 32;

const MAX_SCORE: u32 = 64;

/// What a call costs that is neither short nor long.
const MEDIUM_COST: u32 = 8;

/// A call that takes longer is long; two of them close together end it.
///
/// One may have waited for a processor, not for the plugin.
const LONG: Duration = Duration::from_millis(1);

/// Calls that separate two long ones.
const APART: u32 = 64;

/// One call that takes longer ends it.
const BLOCKED: Duration = Duration::from_millis(20);

/// For how long.
const PENALTY: Duration = Duration::from_secs(1);

impl InlinePolicy {
    pub(super) fn new(lanes: Lanes) -> Self {
        Self { lanes, score: 0, since_long: APART, threads_until: None }
    }

    /// Whether the call of a run that starts at its admission runs inline.
    pub(super) fn allows(&self, run: &Run) -> bool {
        self.allows_at(run.admitted_at().at) && is_candidate(run)
    }

    fn allows_at(&self, now: Instant) -> bool {
        match self.lanes {
            Lanes::Threads => false,
            Lanes::Inline => true,
            Lanes::Auto => {
                self.score >= PROBATION && self.threads_until.is_none_or(|until| until <= now)
            }
        }
    }

    /// Records the call of a run that ended at `now`.
    pub(super) fn record(&mut self, run: &Run, started_at: Instant, now: Instant) {
        if is_candidate(run) {
            self.record_duration(now.saturating_duration_since(started_at), now);
        }
    }

    fn record_duration(&mut self, took: Duration, now: Instant) {
        if took > LONG {
            if took > BLOCKED || self.since_long < APART {
                self.score = 0;
                self.threads_until = now.checked_add(PENALTY);
            }
            self.since_long = 0;
            return;
        }
        self.since_long = self.since_long.saturating_add(1);
        self.score = match took <= SHORT {
            true => (self.score + 1).min(MAX_SCORE),
            false => self.score.saturating_sub(MEDIUM_COST),
        };
    }

    /// Forgets the calls: another instance may take longer.
    pub(super) fn reset(&mut self) {
        self.score = 0;
    }
}

/// Whether the call could run inline: not that of a stream, whose plugin waits for the reader, which
/// the thread serves.
fn is_candidate(run: &Run) -> bool {
    run.bytes_in() <= LARGE
        && matches!(run.output(), Output::Answer { operation: Operation::Execute, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIEF: Duration = Duration::from_micros(10);
    const MEDIUM: Duration = Duration::from_micros(500);
    const SLOW: Duration = Duration::from_millis(2);
    const HUNG: Duration = Duration::from_millis(21);

    fn after(took: &[(u32, Duration)], now: Instant) -> InlinePolicy {
        let mut policy = InlinePolicy::new(Lanes::Auto);
        for (times, took) in took {
            (0..*times).for_each(|_| policy.record_duration(*took, now));
        }
        policy
    }

    #[test]
    fn calls_run_inline_once_enough_were_short() {
        let now = Instant::now();
        for (took, allows) in [
            (&[(PROBATION - 1, BRIEF)][..], false),
            (&[(PROBATION, BRIEF)], true),
            (&[(PROBATION - 1, BRIEF), (1, MEDIUM), (1, BRIEF)], false),
            (&[(MAX_SCORE, BRIEF), (3, MEDIUM)], true),
            (&[(MAX_SCORE, BRIEF), (5, MEDIUM)], false),
        ] {
            assert_eq!(after(took, now).allows_at(now), allows, "{took:?}");
        }
    }

    #[test]
    fn long_calls_end_it_for_a_while() {
        let now = Instant::now();
        for long in [&[(1, HUNG)][..], &[(2, SLOW)], &[(1, SLOW), (APART - 1, BRIEF), (1, SLOW)]] {
            let before = [&[(PROBATION, BRIEF)], long].concat();
            assert!(!after(&before, now).allows_at(now + PENALTY), "{long:?}");
            let policy = after(&[&before[..], &[(PROBATION, BRIEF)]].concat(), now);
            assert!(!policy.allows_at(now), "{long:?}");
            assert!(policy.allows_at(now + PENALTY), "{long:?}");
        }
    }

    #[test]
    fn a_single_long_call_may_have_waited_for_a_processor() {
        let now = Instant::now();
        for long in [&[(1, SLOW)][..], &[(1, SLOW), (APART, BRIEF), (1, SLOW)]] {
            assert!(after(&[&[(PROBATION, BRIEF)], long].concat(), now).allows_at(now), "{long:?}");
        }
    }

    #[test]
    fn another_instance_starts_anew() {
        let now = Instant::now();
        let mut policy = after(&[(PROBATION, BRIEF)], now);
        policy.reset();
        assert!(!policy.allows_at(now));
    }

    #[test]
    fn a_fixed_choice_stays() {
        let now = Instant::now();
        for (lanes, allows) in [(Lanes::Threads, false), (Lanes::Inline, true)] {
            let mut policy = InlinePolicy::new(lanes);
            assert_eq!(policy.allows_at(now), allows);
            policy.record_duration(if allows { HUNG } else { BRIEF }, now);
            assert_eq!(policy.allows_at(now), allows);
        }
    }
}
