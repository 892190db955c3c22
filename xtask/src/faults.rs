//! `cargo xtask faults [--times N] [WORDS…]`: the table of faults, against an optimised build.

use crate::workspace::Workspace;
use crate::{Outcome, cargo, dist};

/// Builds what ships and makes the faults; `args` are theirs.
pub(crate) fn run(args: &[String]) -> Outcome {
    let dir = dist::release(&Workspace::load()?)?;
    let mut faults = cargo::command([
        "run",
        "--release",
        "--package",
        "universal-worker-faults",
        "--",
        "--dist",
    ]);
    let status = cargo::status(faults.arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
