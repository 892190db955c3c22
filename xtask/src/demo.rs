//! `cargo xtask demo [ARGS…]`: finds the speech in a recording, on the terminal.

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist};

/// Builds a release and runs the host's example on it; `args` are passed to the example.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let dir = dist::release(&Workspace::load()?)?;
    let host = ["run", "--release", "--package", "universal-worker-host", "--example", "demo"];
    let mut demo = cargo::command(host);
    let status = cargo::status(demo.args(["--", "--dist"]).arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
