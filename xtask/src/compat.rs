//! `cargo xtask compat`: the published Python host drives this worker.
//!
//! Uses the debug build, which behaves like the release build and which the tests need anyway.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, no_arguments};

/// Builds, prepares Python and runs the script; without the Python packages the task is skipped.
pub(crate) fn run(args: &[String]) -> TaskResult {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    let scripts = workspace.root.join("tests/compat");
    let work = workspace.target.join("compat");
    let python = match prepare(&scripts.join("requirements.txt"), &work) {
        Ok(python) => python,
        Err(why) => {
            println!("skipped compat: {why}");
            println!("{}", Summary { skipped: 1, ..Summary::default() });
            return Ok(ExitCode::SUCCESS);
        }
    };
    let dir = dist::debug(&workspace)?;
    let mut steps = Command::new(python);
    steps.arg(scripts.join("compat.py")).arg("--dist").arg(dir).arg("--work").arg(work);
    Ok(cargo::exit_code(cargo::status(&mut steps)?))
}

/// Returns the Python of a virtual environment with the `requirements`, created if necessary.
fn prepare(requirements: &Path, work: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let venv = work.join("venv");
    let python = venv.join("bin/python");
    let installed = venv.join("installed.txt");
    let wanted = fs::read(requirements)?;
    if fs::read(&installed).is_ok_and(|present| present == wanted) {
        return Ok(python);
    }
    fs::create_dir_all(work)?;
    quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))
        .map_err(|why| format!("cannot create a virtual environment: {why}"))?;
    // Few retries, to fail soon on a machine without a network.
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--retries", "1", "--timeout", "20"];
    quietly(
        Command::new(&python)
            .args(pip)
            .arg("--disable-pip-version-check")
            .arg("-r")
            .arg(requirements),
    )?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// Runs `command` without input and output; the error is the last line of its output.
fn quietly(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start `{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let last = output.lines().rfind(|line| !line.trim().is_empty());
    Err(last.unwrap_or("Python failed without a message").trim().into())
}
