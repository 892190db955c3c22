//! `cargo xtask bench` and `cargo xtask faults`: programs that look at an optimised worker from outside.

use crate::workspace::Workspace;
use crate::{Outcome, cargo, dist};

/// Builds what ships and runs `package` on it; `args` are its own.
pub(crate) fn run(package: &str, args: &[String]) -> Outcome {
    let dir = dist::release(&Workspace::load()?)?;
    let mut program = cargo::command(["run", "--release", "--package", package, "--", "--dist"]);
    let status = cargo::status(program.arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
