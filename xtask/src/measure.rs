//! `cargo xtask bench` and `cargo xtask faults`: programs that measure a release build from outside.

use std::path::PathBuf;

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, venv};

/// Builds a release and benchmarks it; `args` are passed to the benchmark.
///
/// For the section `python` it prepares the original worker, if the network allows it.
pub(crate) fn bench(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    // Without arguments, all sections are measured.
    let needs_original = args.is_empty() || args.iter().any(|arg| arg == "python");
    let original = needs_original.then(|| original(&workspace)).flatten();
    run("universal-worker-bench", &workspace, original, args)
}

/// Builds a release and causes faults; `args` are passed to the program.
pub(crate) fn faults(args: &[String]) -> TaskResult {
    run("universal-worker-faults", &Workspace::load()?, None, args)
}

/// A Python with the original worker.
fn original(workspace: &Workspace) -> Option<PathBuf> {
    let requirements = workspace.root.join("tests/bench/requirements.txt");
    let folder = workspace.target.join("bench");
    match venv::with_requirements("python3".as_ref(), &requirements, &folder) {
        Ok(python) => Some(python),
        Err(why) => {
            println!("without the original worker: {why}");
            None
        }
    }
}

fn run(
    package: &str,
    workspace: &Workspace,
    original: Option<PathBuf>,
    args: &[String],
) -> TaskResult {
    let dir = dist::release(workspace)?;
    let mut program = cargo::command(["run", "--release", "--package", package, "--", "--dist"]);
    program.arg(dir);
    if let Some(python) = original {
        program.arg("--original").arg(python);
    }
    Ok(cargo::exit_code(cargo::status(program.args(args))?))
}
