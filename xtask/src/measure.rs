//! `cargo xtask bench` and `cargo xtask faults`: programs that measure a release build from outside.

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist};

/// Builds a release and runs `package` on it; `args` are passed to the package.
pub(crate) fn run(package: &str, args: &[String]) -> TaskResult {
    let dir = dist::release(&Workspace::load()?)?;
    let mut program = cargo::command(["run", "--release", "--package", package, "--", "--dist"]);
    let status = cargo::status(program.arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
