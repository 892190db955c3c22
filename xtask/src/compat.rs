//! `cargo xtask compat`: the published Python host drives this worker.
//!
//! A debug build will do, since it behaves as the optimised one and the tests need it anyway.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Outcome, cargo, dist, no_arguments};

/// Builds, prepares Python and runs the steps; where the packages cannot be had, says so and ends well.
pub(crate) fn run(args: &[String]) -> Outcome {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    let scripts = workspace.root.join("tests/compat");
    let work = workspace.target.join("compat");
    let python = match prepare(&scripts.join("requirements.txt"), &work) {
        Ok(python) => python,
        Err(why) => {
            println!("skipped compat: {why}");
            println!("{}", Tally { skipped: 1, ..Tally::default() });
            return Ok(ExitCode::SUCCESS);
        }
    };
    let dir = dist::debug(&workspace)?;
    let mut steps = Command::new(python);
    steps.arg(scripts.join("compat.py")).arg("--dist").arg(dir).arg("--work").arg(work);
    Ok(cargo::exit_code(cargo::status(&mut steps)?))
}

/// Hands back the Python of a virtual environment that has `requirements`, made where it is not there yet.
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
        .map_err(|why| format!("no virtual environment can be made: {why}"))?;
    // Few retries: a machine without a network is told so soon.
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

/// Runs `command` without input and output; its error is the last line it wrote to stderr.
fn quietly(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start `{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let last = told.lines().rfind(|line| !line.trim().is_empty());
    Err(last.unwrap_or("Python failed without a word").trim().into())
}
