//! `cargo xtask bench` and `cargo xtask faults`: programs that measure a release build from outside.

use std::path::PathBuf;
use std::process::Command;

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, venv, voice};

const BENCH: &str = "universal-worker-bench";

/// The section that counts instructions, which the benchmark program itself does not affect.
const INSTRUCTIONS: &str = "instructions";

/// Builds a release and benchmarks it; `args` are passed to the benchmark.
pub(crate) fn bench(args: &[String]) -> TaskResult {
    if let Some((_, args)) = args.split_first().filter(|(first, _)| *first == "voice") {
        return voice::run(args);
    }
    let has = |name| args.iter().any(|arg| arg == name);
    if has("--help") || has("-h") {
        return pass(cargo::command(["run", "--package", BENCH, "--", "--help"]));
    }
    if let Some((_, args)) = args.split_first().filter(|(first, _)| *first == "micro") {
        let mut micro = cargo::command(["bench", "--package", BENCH, "--bench", "micro", "--"]);
        micro.args(args);
        return pass(micro);
    }
    let workspace = Workspace::load()?;
    let mut sections = args.iter().filter(|arg| !arg.starts_with('-'));
    let only_instructions = has(INSTRUCTIONS) && sections.all(|name| name == INSTRUCTIONS);
    let (mut program, dir) = if only_instructions {
        (cargo::command(["run"]), dist::small_release(&workspace, "conformance")?)
    } else {
        (cargo::command(["run", "--release"]), dist::release(&workspace)?)
    };
    program.args(["--package", BENCH, "--", "--dist"]).arg(dir);
    program.arg("--docs").arg(workspace.root.join("docs"));
    if let Some(python) = has("--peers").then(|| original(&workspace)).flatten() {
        program.arg("--original").arg(python);
    }
    program.args(args);
    pass(program)
}

/// Builds a release and causes faults; `args` are passed to the program.
pub(crate) fn faults(args: &[String]) -> TaskResult {
    let dir = dist::release(&Workspace::load()?)?;
    let package = "universal-worker-faults";
    let mut program = cargo::command(["run", "--release", "--package", package, "--", "--dist"]);
    program.arg(dir).args(args);
    pass(program)
}

/// Runs a command, and passes its exit code on.
fn pass(mut command: Command) -> TaskResult {
    Ok(cargo::exit_code(cargo::status(&mut command)?))
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
