//! Decides how a cancelled run is stopped, and when it is interrupted.
//!
//! A plugin whose language can be interrupted, such as a Python class, is stopped in steps: its own
//! method for cancelling is called first; if the run has not returned a second later, it is
//! interrupted, and again every second until it returns.
//! A plugin without such a method is interrupted at once, and so is every run when the worker stops.
//!
//! [`Escalation`] has no thread and no clock: each event carries its time, and the owner carries out
//! the [`Step`]s that are due.
//!
//! # Examples
//! ```
//! use std::time::{Duration, Instant};
//! use universal_worker_interrupt::{Escalation, Interrupts, Request, Step};
//!
//! let mut escalation = Escalation::new(Interrupts::Allowed);
//! let start = Instant::now();
//! escalation.cancel("a", Request::CallCancel, start);
//! assert_eq!(escalation.take_due(start), [("a", Step::CallCancel)]);
//! assert_eq!(escalation.take_due(start + Duration::from_secs(1)), [("a", Step::Interrupt)]);
//! escalation.returned(&"a");
//! assert_eq!(escalation.due(), None);
//! ```

#![deny(missing_docs)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The time between two steps of a run.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// [`INTERVAL`] when there is no time left, as during a stop.
pub const STOP_INTERVAL: Duration = Duration::from_millis(300);

/// The time until an interrupt is repeated that came in a critical section.
const RETRY: Duration = Duration::from_millis(20);

/// The cancelled runs that have not returned, by a key of the owner's choice.
#[derive(Debug)]
pub struct Escalation<K> {
    interrupts: Interrupts,
    interval: Duration,
    pending: BTreeMap<K, Pending>,
}

/// Whether runs may be interrupted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Interrupts {
    /// A run that does not stop by itself is interrupted.
    #[default]
    Allowed,
    /// Only the plugin's method for cancelling is called.
    Never,
}

/// How a run is to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Call the plugin's method for cancelling, and interrupt the run later.
    CallCancel,
    /// Interrupt it now, because the plugin has no such method.
    Interrupt,
    /// Do both now, because there is no time left.
    CallAndInterrupt,
}

/// What to do with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Call the plugin's method for cancelling.
    CallCancel,
    /// Interrupt the thread of the run.
    Interrupt,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    has_called: bool,
    interrupt_at: Instant,
}

impl<K: Ord + Clone> Escalation<K> {
    /// Creates an escalation without any run.
    #[must_use]
    pub fn new(interrupts: Interrupts) -> Self {
        Self { interrupts, interval: INTERVAL, pending: BTreeMap::new() }
    }

    /// Starts to stop a run; does nothing if it was started before.
    pub fn cancel(&mut self, run: K, request: Request, now: Instant) {
        let interrupt_at = match request {
            Request::CallCancel => now + INTERVAL,
            Request::Interrupt | Request::CallAndInterrupt => now,
        };
        let has_called = request == Request::Interrupt;
        self.pending.entry(run).or_insert(Pending { has_called, interrupt_at });
    }

    /// Makes the next interrupt of every run due now, and later ones come every [`STOP_INTERVAL`].
    pub fn stop(&mut self, now: Instant) {
        self.interval = STOP_INTERVAL;
        for pending in self.pending.values_mut() {
            pending.interrupt_at = pending.interrupt_at.min(now);
        }
    }

    /// Repeats the next interrupt of a run soon, because it could not be interrupted where it was.
    pub fn retry(&mut self, run: &K, now: Instant) {
        if let Some(pending) = self.pending.get_mut(run) {
            pending.interrupt_at = now + RETRY;
        }
    }

    /// Forgets a run that has returned.
    pub fn returned(&mut self, run: &K) {
        self.pending.remove(run);
    }

    /// When the next step is due; `None` if there is none.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        // A run whose plugin is to be called has been due since its cancel, at most `INTERVAL` before.
        let due = |pending: &Pending| match pending.has_called {
            false => {
                Some(pending.interrupt_at.checked_sub(INTERVAL).unwrap_or(pending.interrupt_at))
            }
            true => self.may_interrupt().then_some(pending.interrupt_at),
        };
        self.pending.values().filter_map(due).min()
    }

    /// The steps that are due.
    pub fn take_due(&mut self, now: Instant) -> Vec<(K, Step)> {
        let mut steps = Vec::new();
        let may_interrupt = self.may_interrupt();
        for (run, pending) in &mut self.pending {
            if !pending.has_called {
                pending.has_called = true;
                steps.push((run.clone(), Step::CallCancel));
            }
            if may_interrupt && pending.interrupt_at <= now {
                pending.interrupt_at = now + self.interval;
                steps.push((run.clone(), Step::Interrupt));
            }
        }
        steps
    }

    fn may_interrupt(&self) -> bool {
        self.interrupts == Interrupts::Allowed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn cancel_is_called_once_and_the_run_interrupted_every_second() {
        let (mut escalation, start) = (Escalation::new(Interrupts::Allowed), Instant::now());
        escalation.cancel(1, Request::CallCancel, start);
        assert_eq!(escalation.take_due(start), [(1, Step::CallCancel)]);
        assert_eq!(escalation.due(), Some(start + seconds(1)));
        assert_eq!(escalation.take_due(start + seconds(1)), [(1, Step::Interrupt)]);
        assert_eq!(escalation.take_due(start + seconds(2)), [(1, Step::Interrupt)]);
        escalation.returned(&1);
        assert_eq!(escalation.due(), None);
    }

    #[test]
    fn without_a_method_the_run_is_interrupted_at_once() {
        let (mut escalation, start) = (Escalation::new(Interrupts::Allowed), Instant::now());
        escalation.cancel(1, Request::Interrupt, start);
        assert_eq!(escalation.due(), Some(start));
        assert_eq!(escalation.take_due(start), [(1, Step::Interrupt)]);
    }

    #[test]
    fn a_stop_interrupts_at_once() {
        let (mut escalation, start) = (Escalation::new(Interrupts::Allowed), Instant::now());
        escalation.cancel(1, Request::CallCancel, start);
        let _ = escalation.take_due(start);
        let stop = start + Duration::from_millis(10);
        escalation.stop(stop);
        escalation.cancel(2, Request::CallAndInterrupt, stop);
        let due = [(1, Step::Interrupt), (2, Step::CallCancel), (2, Step::Interrupt)];
        assert_eq!(escalation.take_due(stop), due);
        assert_eq!(escalation.due(), Some(stop + STOP_INTERVAL));
    }

    #[test]
    fn without_interrupts_only_the_method_is_called() {
        let (mut escalation, start) = (Escalation::new(Interrupts::Never), Instant::now());
        escalation.cancel(1, Request::CallCancel, start);
        escalation.cancel(2, Request::Interrupt, start);
        assert_eq!(escalation.take_due(start), [(1, Step::CallCancel)]);
        assert_eq!(escalation.due(), None);
        assert!(escalation.take_due(start + seconds(9)).is_empty());
    }

    #[test]
    fn an_interrupt_in_a_critical_section_is_repeated_soon() {
        let (mut escalation, start) = (Escalation::new(Interrupts::Allowed), Instant::now());
        escalation.cancel(1, Request::Interrupt, start);
        let _ = escalation.take_due(start);
        escalation.retry(&1, start);
        escalation.retry(&2, start);
        assert_eq!(escalation.due(), Some(start + RETRY));
        assert_eq!(escalation.take_due(start + RETRY), [(1, Step::Interrupt)]);
    }

    #[derive(Debug, Clone)]
    enum Event {
        Cancel(u8, Request),
        Hurry,
        Returned(u8),
        Wait(u64),
    }

    fn event() -> impl Strategy<Value = Event> {
        let request = prop_oneof![
            Just(Request::CallCancel),
            Just(Request::Interrupt),
            Just(Request::CallAndInterrupt)
        ];
        prop_oneof![
            (0..4_u8, request).prop_map(|(run, request)| Event::Cancel(run, request)),
            Just(Event::Hurry),
            (0..4_u8).prop_map(Event::Returned),
            (0..3000_u64).prop_map(Event::Wait),
        ]
    }

    proptest! {
        /// Whatever happens: nothing is overdue after its steps were taken, a run that was not
        /// cancelled or has returned gets none, and the method is called at most once.
        #[test]
        fn steps_are_only_for_runs_that_are_cancelled(events in prop::collection::vec(event(), 0..60)) {
            let (mut escalation, mut now) = (Escalation::new(Interrupts::Allowed), Instant::now());
            let mut live = BTreeMap::new();
            for event in events {
                match event {
                    Event::Cancel(run, request) => {
                        escalation.cancel(run, request, now);
                        live.entry(run).or_insert(request == Request::Interrupt);
                    }
                    Event::Hurry => escalation.stop(now),
                    Event::Returned(run) => {
                        escalation.returned(&run);
                        live.remove(&run);
                    }
                    Event::Wait(milliseconds) => now += Duration::from_millis(milliseconds),
                }
                for (run, step) in escalation.take_due(now) {
                    prop_assert!(live.contains_key(&run));
                    if step == Step::CallCancel {
                        prop_assert_eq!(live.insert(run, true), Some(false));
                    }
                }
                prop_assert!(escalation.due().is_none_or(|due| due > now));
                prop_assert_eq!(escalation.due().is_some(), !live.is_empty());
            }
        }
    }
}
