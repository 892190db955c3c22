//! Virtual environments of Python with packages from its registry.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the Python of a virtual environment in `folder` with the packages of a requirements
/// file, created if necessary.
pub(crate) fn with_requirements(
    base: &Path,
    requirements: &Path,
    folder: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    create(base, requirements, folder, &[])
}

/// Like [`with_requirements`], but installs nothing that the file does not list: not even what a
/// package says that it needs.
pub(crate) fn with_exactly(
    base: &Path,
    requirements: &Path,
    folder: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    create(base, requirements, folder, &["--no-deps"])
}

fn create(
    base: &Path,
    requirements: &Path,
    folder: &Path,
    options: &[&str],
) -> Result<PathBuf, Box<dyn Error>> {
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let installed = venv.join("installed.txt");
    let wanted = fs::read(requirements)?;
    if fs::read(&installed).is_ok_and(|present| present == wanted) {
        return Ok(python);
    }
    fs::create_dir_all(folder)?;
    quietly(Command::new(base).args(["-m", "venv", "--clear"]).arg(&venv))
        .map_err(|why| format!("cannot create a virtual environment: {why}"))?;
    install(&python, |pip| pip.args(options).arg("-r").arg(requirements))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// Installs packages into the environment of `python`; `select` adds them to the command.
pub(crate) fn install(
    python: &Path,
    select: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<(), Box<dyn Error>> {
    // Few retries, to fail soon on a machine without a network.
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--retries", "1", "--timeout", "20"];
    let mut command = Command::new(python);
    command.args(pip).arg("--disable-pip-version-check");
    quietly(select(&mut command))
}

/// Runs `command` without input and output; the error is the last line of its output.
pub(crate) fn quietly(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start `{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let last = output.lines().rfind(|line| !line.trim().is_empty());
    Err(last.map_or_else(|| format!("`{program}` failed without a message"), str::to_owned).into())
}
