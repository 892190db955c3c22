//! `cargo xtask bench` and `cargo xtask faults`: programs that measure a release build from outside.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, venv};

const BENCH: &str = "universal-worker-bench";

/// Builds a release and benchmarks it; `args` are passed to the benchmark.
pub(crate) fn bench(args: &[String]) -> TaskResult {
    match args.first().map(String::as_str) {
        Some("micro") => {
            let mut micro = cargo::command(["bench", "--package", BENCH, "--bench", "micro", "--"]);
            Ok(cargo::exit_code(cargo::status(micro.args(&args[1..]))?))
        }
        Some("--help" | "-h") => {
            let mut help = cargo::command(["run", "--release", "--package", BENCH, "--", "--help"]);
            Ok(cargo::exit_code(cargo::status(&mut help)?))
        }
        _ => {
            let workspace = Workspace::load()?;
            let mut options = vec!["--docs".into(), workspace.root.join("docs").into()];
            if args.iter().any(|arg| arg == "--peers")
                && let Some(python) = original(&workspace)
            {
                options.extend(["--original".into(), python.into()]);
            }
            run(BENCH, &workspace, &options, args)
        }
    }
}

/// Builds a release and causes faults; `args` are passed to the program.
pub(crate) fn faults(args: &[String]) -> TaskResult {
    run("universal-worker-faults", &Workspace::load()?, &[], args)
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

fn run(package: &str, workspace: &Workspace, options: &[OsString], args: &[String]) -> TaskResult {
    let dir = dist::release(workspace)?;
    let mut program = cargo::command(["run", "--release", "--package", package, "--", "--dist"]);
    program.arg(dir).args(options);
    Ok(cargo::exit_code(cargo::status(program.args(args))?))
}
