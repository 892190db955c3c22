//! `cargo xtask wheel`: one wheel with the program, for every Python from 3.10 on.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::workspace::Workspace;
use crate::{TaskResult, cargo, dist, no_arguments, venv};

/// Builds the wheel into `target/wheels`; without maturin the task is skipped.
pub(crate) fn run(args: &[String]) -> TaskResult {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    match build(&workspace) {
        Ok(wheel) => println!("{}", wheel.display()),
        Err(why) => println!("skipped wheel: {why}"),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let package = workspace.root.join("crates/python");
    let requirements = package.join("build-requirements.txt");
    let folder = workspace.target.join("python");
    let python = venv::with_requirements("python3".as_ref(), &requirements, &folder)?;

    let program = dist::release(workspace)?.join(dist::WORKER);
    // Where pyproject.toml has it.
    let scripts = workspace.root.join("target/python/universal_worker.data/scripts");
    fs::create_dir_all(&scripts)?;
    dist::put(&program, &scripts.join(dist::WORKER))?;

    let wheels = workspace.target.join("wheels");
    // Only the new wheel remains.
    if wheels.exists() {
        fs::remove_dir_all(&wheels)?;
    }
    let mut maturin = Command::new(python.with_file_name("maturin"));
    maturin.args(["build", "--release", "--quiet", "--out"]).arg(&wheels);
    maturin.arg("--manifest-path").arg(package.join("Cargo.toml"));
    let status = cargo::status(&mut maturin)?;
    if !status.success() {
        return Err(format!("maturin failed ({status})").into());
    }
    let wheel = fs::read_dir(&wheels)?.next().ok_or("maturin wrote no wheel")??;
    Ok(wheel.path())
}
