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
    "the worker and its processes hold {held_mib:.0} MiB, above {} {:.0} MiB",
    .limit.name,
    .limit.mib
)]
pub(crate) struct Pressure {
    held_mib: f64,
    limit: MemoryBound,
}

impl MemoryGate {
    /// Closed while `measure`, in MiB, is above `limit` bytes; open while it is unknown.
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
        let (held_mib, MemoryBound { mib, name }) = ((self.measure)()?, self.limit);
        let closed = held_mib > mib;
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
        for (mib, closed) in [(0, false), (512, false), (513, true), (812, true), (1, false)] {
            held.store(mib, Ordering::Relaxed);
            assert_eq!(gate.pressure().is_some(), closed, "{mib}");
        }
        held.store(812, Ordering::Relaxed);
        assert_eq!(
            gate.pressure().unwrap().to_string(),
            "the worker and its processes hold 812 MiB, above max_rss 512 MiB"
        );
    }
}
