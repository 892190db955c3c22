//! The JSON encoder writes what CPython's `json.dumps` writes.
//!
//! A script generates the texts and compares; the example `dumps`, a release build, runs the encoder.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo;
use crate::cargo::Artifact;
use crate::workspace::Workspace;

const EXAMPLE: &str = "dumps";

/// The default number of texts.
const TEXTS: &str = "100000";

/// Builds the example and checks it; `args` are passed to the script. Whether all texts are equal.
pub(super) fn run(workspace: &Workspace, args: &[String]) -> Result<bool, Box<dyn Error>> {
    let build = ["build", "--release", "--package", "universal-worker-json", "--example", EXAMPLE];
    let dumps = example(cargo::build(&mut cargo::command(build))?)?;
    let mut check = Command::new("python3");
    check.arg(workspace.root.join("crates/json/tests/cpython.py")).arg("check");
    check.arg("--dumps").arg(dumps).args(["--texts", TEXTS]).args(args);
    Ok(cargo::status(&mut check)?.success())
}

/// The executable of the example.
fn example(artifacts: Vec<Artifact>) -> Result<PathBuf, Box<dyn Error>> {
    let built = artifacts.into_iter().find(|artifact| artifact.target == EXAMPLE && !artifact.test);
    let program = built.and_then(|artifact| artifact.program);
    program.ok_or_else(|| format!("cargo built no program `{EXAMPLE}`").into())
}
