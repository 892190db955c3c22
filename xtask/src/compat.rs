//! `cargo xtask compat`: the published Python hosts drive this worker, with published plugins.
//!
//! Uses the debug build, which behaves like the release build and which the tests need anyway.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, no_arguments, venv};

/// Builds, prepares Python and runs the scripts; those without what they need are skipped.
pub(crate) fn run(args: &[String]) -> TaskResult {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    let scripts = workspace.root.join("tests/compat");
    let work = workspace.target.join("compat");
    let dir = dist::debug(&workspace)?;
    let mut all_passed = true;

    match venv::with_requirements("python3".as_ref(), &scripts.join("requirements.txt"), &work) {
        Ok(python) => {
            let mut host = Command::new(&python);
            host.arg(scripts.join("compat.py")).arg("--dist").arg(&dir).arg("--work").arg(&work);
            all_passed &= cargo::status(&mut host)?.success();
            all_passed &= cargo::status(&mut plugins(&python, &scripts, &dir, "first"))?.success();
        }
        Err(why) => skip("the first generation", &*why),
    }
    match latest(&scripts, &workspace.target.join("compat-latest")) {
        Ok(python) => {
            all_passed &= cargo::status(&mut plugins(&python, &scripts, &dir, "latest"))?.success();
        }
        Err(why) => skip("the latest generation", &*why),
    }
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn plugins(python: &Path, scripts: &Path, dist: &Path, generation: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(scripts.join("plugins.py")).arg("--dist").arg(dist);
    command.args(["--generation", generation]);
    command
}

/// The Python of an environment with the latest generation, which needs Python 3.12 and ffmpeg.
fn latest(scripts: &Path, work: &Path) -> Result<PathBuf, Box<dyn Error>> {
    runs("ffmpeg", "-version")?;
    runs("python3.12", "--version")?;
    venv::with_requirements("python3.12".as_ref(), &scripts.join("requirements-latest.txt"), work)
}

fn runs(program: &str, arg: &str) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(program);
    let status = command.arg(arg).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match status.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("there is no {program}").into()),
    }
}

fn skip(what: &str, why: &dyn Error) {
    println!("skipped {what}: {why}");
    println!("{}", Summary { skipped: 1, ..Summary::default() });
}
