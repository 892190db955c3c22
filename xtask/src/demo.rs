//! `cargo xtask demo [ARGS…]`: speech found in a real recording, on the terminal.

use crate::workspace::Workspace;
use crate::{Outcome, cargo, dist};

/// Builds what ships and runs the host's example on it; `args` are the example's.
pub(crate) fn run(args: &[String]) -> Outcome {
    let dir = dist::release(&Workspace::load()?)?;
    let host = ["run", "--release", "--package", "universal-worker-host", "--example", "demo"];
    let mut demo = cargo::command(host);
    let status = cargo::status(demo.args(["--", "--dist"]).arg(dir).args(args))?;
    Ok(cargo::exit_code(status))
}
