//! `cargo xtask bench [ARGS…]`: the benchmark tables, against an optimised build.

use crate::workspace::Workspace;
use crate::{Outcome, cargo, dist};

/// Builds what ships and runs the benchmarks on it; `args` are theirs.
pub(crate) fn run(args: &[String]) -> Outcome {
    let dir = dist::release(&Workspace::load()?)?;
    let mut bench =
        cargo::command(["run", "--release", "--package", "universal-worker-bench", "--", "--dist"]);
    let status = cargo::status(bench.arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
