//! The thread that notices calls that take long.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::thread::Thread;
use std::time::Duration;

use crate::io_threads::Shared;
use crate::own_thread::OwnThreads;

/// Starts with the first call, and sleeps while there are none.
#[derive(Default)]
pub(super) struct Monitor {
    phase: AtomicU8,
    thread: OnceLock<Thread>,
    /// Set once there will be calls.
    own_threads: OnceLock<OwnThreads>,
}

// The phases.
const NOT_STARTED: u8 = 0;
const AWAKE: u8 = 1;
const ASLEEP: u8 = 2;
const CLOSED: u8 = 3;

/// A call that is there at two looks takes long.
const TICK: Duration = Duration::from_millis(1);

/// Looks without a new call after which the monitor sleeps.
const QUIET: u32 = 3;

/// What the monitor has seen at its last look.
struct Seen {
    calls: Vec<u64>,
    quiet: u32,
}

impl Monitor {
    pub(super) fn attach(&self, own_threads: OwnThreads) {
        self.own_threads.get_or_init(|| own_threads);
    }

    pub(super) fn is_attached(&self) -> bool {
        self.own_threads.get().is_some()
    }

    /// Has the thread look at the calls; false if there is none.
    pub(super) fn wake(&self) -> bool {
        match self.phase.load(SeqCst) {
            NOT_STARTED | CLOSED => false,
            ASLEEP => {
                if self.phase.compare_exchange(ASLEEP, AWAKE, SeqCst, SeqCst).is_ok() {
                    self.unpark();
                }
                true
            }
            _ => true,
        }
    }

    /// Starts the thread; false if the system refuses it.
    pub(super) fn start(shared: &Arc<Shared>) -> bool {
        let monitor = Arc::clone(&shared.monitor);
        if let Err(phase) = monitor.phase.compare_exchange(NOT_STARTED, AWAKE, SeqCst, SeqCst) {
            return phase != CLOSED;
        }
        let threads = Arc::downgrade(shared);
        let work = move || {
            monitor.thread.get_or_init(thread::current);
            monitor.run(&threads);
        };
        let own_threads = shared.monitor.own_threads.get_or_init(OwnThreads::default);
        let started = own_threads.spawn("io-monitor", work);
        if let Err(error) = &started {
            // Without it, no call begins on them.
            log::warn!(
                "cannot watch the I/O threads, so calls have threads of the plugin: {error}"
            );
            shared.monitor.phase.store(CLOSED, SeqCst);
        }
        started.is_ok()
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.phase.store(CLOSED, SeqCst);
        self.unpark();
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn run(&self, threads: &Weak<Shared>) {
        let mut seen = Seen { calls: Vec::new(), quiet: 0 };
        loop {
            thread::sleep(TICK);
            let Some(shared) = threads.upgrade() else { return };
            seen.look(&shared);
            // The end of a call that takes long wakes this thread.
            let is_settled = shared.stand_by.is_settled() || shared.is_calling();
            if seen.quiet < QUIET || !is_settled || !self.fall_asleep(&seen, &shared) {
                continue;
            }
            drop(shared);
            while self.phase.load(SeqCst) == ASLEEP {
                thread::park();
            }
            seen.quiet = 0;
        }
    }

    /// Goes to sleep, unless a call has begun since the last look.
    fn fall_asleep(&self, seen: &Seen, shared: &Shared) -> bool {
        if self.phase.compare_exchange(AWAKE, ASLEEP, SeqCst, SeqCst).is_err() {
            return false;
        }
        let is_quiet = shared.threads.iter().map(|it| it.get()).eq(seen.calls.iter().copied());
        // One that begins after this wakes the thread.
        is_quiet || self.phase.compare_exchange(ASLEEP, AWAKE, SeqCst, SeqCst).is_err()
    }
}

impl Seen {
    fn look(&mut self, shared: &Shared) {
        let calls: Vec<u64> = shared.threads.iter().map(|it| it.get()).collect();
        let same = self.calls.iter().zip(&calls).filter(|(before, now)| before == now);
        let is_long = same.clone().any(|(_, now)| now % 2 == 1);
        let is_quiet = same.count() == calls.len();
        self.calls = calls;
        self.quiet = if is_quiet { self.quiet + 1 } else { 0 };
        let stand_by = &shared.stand_by;
        if stand_by.take_begun() {
            shared.kick();
            self.quiet = 0;
        }
        if is_long {
            shared.take_over();
        } else if !stand_by.is_ready() && !shared.is_calling() {
            stand_by.resume();
        }
    }
}
