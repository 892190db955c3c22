//! What to measure, and how thoroughly.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The settings of all sections.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder with the worker and its plugins.
    pub(crate) dist: PathBuf,
    /// Short rounds, and only the main rows.
    pub(crate) quick: bool,
    /// A Python with the original worker.
    pub(crate) original: Option<PathBuf>,
    /// The ways in which this worker runs plugin code.
    pub(crate) modes: Vec<Mode>,
}

/// A value of the worker's option `--lanes`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    pub(crate) name: &'static str,
    pub(crate) options: &'static [&'static str],
    /// The part of the speed of the bare server that is wanted for small calls.
    pub(crate) wanted: f64,
}

const AUTO: Mode = Mode { name: "auto", options: &["--lanes", "auto"], wanted: 0.90 };
const THREADS: Mode = Mode { name: "threads", options: &["--lanes", "threads"], wanted: 0.70 };
const INLINE: Mode = Mode { name: "inline", options: &["--lanes", "inline"], wanted: 0.90 };
/// The only one of a worker without the option.
const ONLY: Mode = Mode { name: "the only ones", options: &[], wanted: 0.90 };

/// The options that select the class of the conformance plugin.
pub(crate) const CONFORMANCE: [&str; 2] = ["--class", "Conformance"];
/// The same with four lanes.
pub(crate) const PARALLEL: [&str; 2] = ["--class", "Parallel"];

impl Settings {
    pub(crate) fn new(dist: PathBuf, quick: bool, original: Option<PathBuf>) -> Self {
        let modes = if has_lanes(&dist) { vec![AUTO, THREADS, INLINE] } else { vec![ONLY] };
        Self { dist, quick, original, modes }
    }

    /// The default mode of the worker.
    pub(crate) fn mode(&self) -> Mode {
        self.modes[0]
    }

    /// All modes, or the default one if it shall be quick.
    pub(crate) fn main_modes(&self) -> &[Mode] {
        if self.quick { &self.modes[..1] } else { &self.modes }
    }

    /// A number of rounds or calls, a third of it if it shall be quick.
    pub(crate) fn count(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(3) } else { full }
    }

    /// The length of a round, a third of it if it shall be quick.
    pub(crate) fn length(&self, full: Duration) -> Duration {
        if self.quick { full / 3 } else { full }
    }
}

fn has_lanes(dist: &Path) -> bool {
    let help = Command::new(dist.join("universal-worker")).arg("--help").output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--lanes"))
}
