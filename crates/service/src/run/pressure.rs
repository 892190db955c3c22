//! Memory that the process tree holds beyond its limit.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

/// Closed while the worker and its descendants hold too much memory.
pub(crate) struct MemoryGate {
    plugin: String,
    limit: MemoryBound,
    measure: Box<dyn Fn() -> Option<f64> + Send + Sync>,
    /// As the log says it.
    is_closed: AtomicBool,
}

/// A limit of resident memory, and its name in messages.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MemoryBound {
    mib: f64,
    name: &'static str,
}

/// Too much memory is held for another run.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error(
    "the worker and its processes hold {held_mib:.0} MiB, {} {} {:.0} MiB",
    if *held_mib > .limit.mib { "above" } else { "too near to" },
    .limit.name,
    .limit.mib
)]
pub(crate) struct Pressure {
    held_mib: f64,
    limit: MemoryBound,
}

/// The part of the limit at which a closed gate opens.
const REOPENS_BELOW: f64 = 0.95;

impl MemoryGate {
    /// Closed once `measure`, in MiB, is above `limit` bytes, until it is 5 % below; open while it is
    /// unknown.
    pub(crate) fn new(
        plugin: String,
        limit: u64,
        name: &'static str,
        measure: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        let limit = MemoryBound { mib: limit as f64 / f64::from(1 << 20), name };
        Self { plugin, limit, measure: Box::new(measure), is_closed: AtomicBool::new(false) }
    }

    /// Measures; logs when the gate closes and opens.
    pub(crate) fn pressure(&self) -> Option<Pressure> {
        self.pressure_at((self.measure)()?)
    }

    /// [`pressure`](Self::pressure) when this much is held.
    pub(crate) fn pressure_at(&self, held_mib: f64) -> Option<Pressure> {
        let MemoryBound { mib, name } = self.limit;
        // Around the limit, it would close and open all the time.
        let is_closed = self.is_closed.load(Ordering::Relaxed);
        let closed = held_mib > if is_closed { mib * REOPENS_BELOW } else { mib };
        let changed = self.is_closed.swap(closed, Ordering::Relaxed) != closed;
        let plugin = &self.plugin;
        if changed && closed {
            log::warn!(
                "plugin '{plugin}' holds {held_mib:.0} MiB, above {name} {mib:.0} MiB: no run is admitted"
            );
        } else if changed {
            log::info!(
                "plugin '{plugin}' holds {held_mib:.0} MiB, below {name} {mib:.0} MiB: runs are admitted"
            );
        }
        closed.then_some(Pressure { held_mib, limit: self.limit })
    }
}

impl fmt::Debug for MemoryGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGate").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn the_gate_is_closed_above_the_limit() {
        let held = Arc::new(AtomicU32::new(0));
        let measured = Arc::clone(&held);
        let measure = move || Some(f64::from(measured.load(Ordering::Relaxed)));
        let gate = MemoryGate::new("x".to_owned(), 512 << 20, "max_rss", measure);
        for (mib, closed) in [
            (0, false),
            (512, false),
            (513, true),
            (812, true),
            (487, true),
            (486, false),
            (512, false),
            (513, true),
            (1, false),
        ] {
            held.store(mib, Ordering::Relaxed);
            assert_eq!(gate.pressure().is_some(), closed, "{mib}");
        }
        held.store(812, Ordering::Relaxed);
        assert_eq!(
            gate.pressure().unwrap().to_string(),
            "the worker and its processes hold 812 MiB, above max_rss 512 MiB"
        );
        let near = gate.pressure_at(500.0).unwrap().to_string();
        assert!(near.ends_with("hold 500 MiB, too near to max_rss 512 MiB"), "{near}");
    }
}
