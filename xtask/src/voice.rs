//! `cargo xtask bench voice`: how well `voice-activity` finds speech, beside other detectors.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, venv};

const PACKAGE: &str = "universal-worker-voice-bench";

/// The npm package with sounds in which nobody speaks (CC0), and its version.
const SOUNDS: (&str, &str) = ("supersonic-scsynth-samples", "0.84.2");

/// Measures on the corpus of `tests/voice`; `args` are passed to its program.
///
/// Without arguments other than `--quick`, it gets what npm and pip can fetch, and leaves the rest out of the
/// tables.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let mut program = cargo::command(["run", "--release", "--package", PACKAGE, "--"]);
    // Otherwise, help or inputs of the caller's.
    if args.iter().all(|arg| arg == "--quick") {
        add_inputs(&mut program, &Workspace::load()?);
    }
    program.args(args);
    Ok(cargo::exit_code(cargo::status(&mut program)?))
}

fn add_inputs(program: &mut Command, workspace: &Workspace) {
    let folder = workspace.target.join("voice");
    program.arg("--folder").arg(&folder);
    match sounds(&folder) {
        Ok(sounds) => _ = program.arg("--sounds").arg(sounds),
        Err(why) => println!("without sounds from npm: {why}"),
    }
    let requirements = workspace.root.join("tests/voice/requirements.txt");
    match venv::with_exactly("python3".as_ref(), &requirements, &folder) {
        Ok(python) => _ = program.arg("--python").arg(python),
        Err(why) => println!("without other detectors from PyPI: {why}"),
    }
}

/// The folder with the sounds, fetched if necessary.
fn sounds(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let (name, version) = SOUNDS;
    let package = folder.join(format!("{name}-{version}"));
    if !package.exists() {
        fs::create_dir_all(folder)?;
        let spec = format!("{name}@{version}");
        venv::quietly(Command::new("npm").current_dir(folder).args(["pack", "--silent", &spec]))?;
        let archive = format!("{name}-{version}.tgz");
        venv::quietly(Command::new("tar").current_dir(folder).arg("-xzf").arg(&archive))?;
        fs::remove_file(folder.join(archive))?;
        // Last, so that a package that is there is complete.
        fs::rename(folder.join("package"), &package)?;
    }
    Ok(package.join("samples"))
}
