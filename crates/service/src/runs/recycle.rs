//! Drains a service that has done its share: of runs, or of memory.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use crate::own_thread::OwnThreads;
use crate::runs::Runs;
use crate::runs::drain::{Drain, DrainReason};
use crate::settings::Recycle;

struct Recycler {
    limits: Recycle,
    drain: Arc<Drain>,
    measure: Box<Measure>,
    threads: OwnThreads,
    /// A [`Measuring`].
    measuring: AtomicU8,
}

/// The memory in MiB that is held at this time or later; may block.
type Measure = dyn Fn(Instant) -> Option<f64> + Send + Sync;

/// What the thread that measures memory does; it lives only while runs end.
#[repr(u8)]
enum Measuring {
    /// There is no thread.
    Rests,
    /// It measures, or waits until it may do so again.
    Works,
    /// A run has ended since its last look.
    Again,
}

/// Time between two measurements while runs end one after the other.
const INTERVAL: Duration = Duration::from_secs(1);

impl Runs {
    /// Drains when a limit is reached.
    pub(crate) fn recycle(
        &self,
        limits: Recycle,
        measure: impl Fn(Instant) -> Option<f64> + Send + Sync + 'static,
    ) {
        if limits == Recycle::default() {
            return;
        }
        let recycler = Arc::new(Recycler {
            limits,
            drain: Arc::clone(&self.drain),
            measure: Box::new(measure),
            threads: self.own_threads().clone(),
            measuring: AtomicU8::new(Measuring::Rests as u8),
        });
        let on_ended = Arc::new(move |ended| recycler.runs_ended(ended));
        self.pool.set_on_ended(on_ended);
    }
}

impl Recycler {
    fn runs_ended(self: &Arc<Self>, ended: u64) {
        if self.drain.has_begun() {
            return;
        }
        let max_runs = self.limits.max_runs.map(NonZeroU64::get);
        if let Some(limit) = max_runs.filter(|max| ended >= *max) {
            self.drain.begin_for(&DrainReason::Runs { ended, limit });
        } else if self.limits.max_rss.is_some() {
            self.measure_soon();
        }
    }

    /// Measures on a thread of its own, since it takes as long as many short runs.
    fn measure_soon(self: &Arc<Self>) {
        let before = self.measuring.swap(Measuring::Again as u8, Ordering::AcqRel);
        if before != Measuring::Rests as u8 {
            return;
        }
        let this = Arc::clone(self);
        if let Err(error) = self.threads.spawn("recycle-rss", move || this.measure_while_busy()) {
            log::debug!("cannot measure the memory after a run: {error}");
            // The end of the next run tries again.
            self.measuring.store(Measuring::Rests as u8, Ordering::Release);
        }
    }

    fn measure_while_busy(&self) {
        let (works, rests) = (Measuring::Works as u8, Measuring::Rests as u8);
        loop {
            self.measuring.store(works, Ordering::Release);
            self.measure_now();
            if self.drain.has_begun() {
                return;
            }
            thread::sleep(INTERVAL);
            let ends =
                self.measuring.compare_exchange(works, rests, Ordering::AcqRel, Ordering::Acquire);
            if ends.is_ok() {
                return;
            }
        }
    }

    fn measure_now(&self) {
        let Some(limit) = self.limits.max_rss else { return };
        let limit_mib = limit as f64 / f64::from(1 << 20);
        let Some(held_mib) = (self.measure)(Instant::now()) else { return };
        if held_mib > limit_mib {
            self.drain.begin_for(&DrainReason::Memory { held_mib, limit_mib });
        }
    }
}

impl fmt::Debug for Recycler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recycler").field("limits", &self.limits).finish_non_exhaustive()
    }
}
