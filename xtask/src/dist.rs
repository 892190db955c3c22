//! The folder that a worker runs from: the binary with its plugins.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use crate::cargo;
use crate::cargo::Artifact;
use crate::workspace::Workspace;

/// The name of the worker's package and executable.
pub(crate) const WORKER: &str = "universal-worker";

/// The package of the extension module for Python, and the folder of its Python side.
const PYTHON: &str = "universal-worker-python";
const PYTHON_SIDE: &str = "crates/python/python/universal_worker";

/// A plugin in Python, which is only a file.
const PYTHON_PLUGIN: &str = "crates/samples/words/words.py";

/// The packages of the plugins.
const PLUGINS: [&str; 3] = ["hello", "voice-activity", "conformance"];

/// Builds the worker and its plugins with the release profile into `target/dist`.
pub(crate) fn release(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(["build", "--release"]);
    let artifacts = cargo::build(select(&mut build))?;
    assemble(workspace, &artifacts, &workspace.target.join("dist"))
}

/// Builds only the worker and one of its plugins with the release profile, into `target/dist-small`.
pub(crate) fn small_release(
    workspace: &Workspace,
    plugin: &str,
) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(["build", "--release", "--package", WORKER]);
    let artifacts = cargo::build(build.args(["--package", plugin]))?;
    let dir = workspace.target.join("dist-small");
    fs::create_dir_all(dir.join("plugins"))?;
    replace(program(&artifacts, WORKER)?, &dir)?;
    replace(library(&artifacts, plugin)?, &dir.join("plugins"))?;
    Ok(dir)
}

/// Builds the worker and its plugins with the dev profile into `target/dist-debug`.
pub(crate) fn debug(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(["build"]);
    let artifacts = cargo::build(select(&mut build))?;
    assemble(workspace, &artifacts, &workspace.target.join("dist-debug"))
}

fn select(build: &mut process::Command) -> &mut process::Command {
    build.args(["--package", WORKER, "--package", PYTHON]);
    PLUGINS.iter().for_each(|plugin| {
        build.args(["--package", plugin]);
    });
    build
}

/// Copies the worker and its plugins from `artifacts` into `dir`.
///
/// Each file is replaced atomically, because a worker may be running from it.
pub(crate) fn assemble(
    workspace: &Workspace,
    artifacts: &[Artifact],
    dir: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    let plugins = dir.join("plugins");
    fs::create_dir_all(&plugins)?;
    replace(program(artifacts, WORKER)?, dir)?;
    for plugin in PLUGINS {
        replace(library(artifacts, plugin)?, &plugins)?;
    }
    replace(&workspace.root.join(PYTHON_PLUGIN), &plugins)?;
    let package = dir.join("python/universal_worker");
    fs::create_dir_all(&package)?;
    for file in python_side(workspace)? {
        replace(&file, &package)?;
    }
    put(library(artifacts, PYTHON)?, &package.join("_native.abi3.so"))?;
    Ok(dir.to_owned())
}

/// The files of the Python side.
fn python_side(workspace: &Workspace) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let files = fs::read_dir(workspace.root.join(PYTHON_SIDE))?;
    let files = files.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|it| it == "py")).collect())
}

pub(crate) fn program<'a>(
    artifacts: &'a [Artifact],
    name: &str,
) -> Result<&'a Path, Box<dyn Error>> {
    let mut built = artifacts.iter().filter(|artifact| !artifact.test && artifact.target == name);
    let program = built.find_map(|artifact| artifact.program.as_deref());
    program.ok_or_else(|| format!("cargo built no program `{name}`").into())
}

pub(crate) fn library<'a>(
    artifacts: &'a [Artifact],
    package: &str,
) -> Result<&'a Path, Box<dyn Error>> {
    let target = package.replace('-', "_");
    let built = artifacts.iter().filter(|artifact| !artifact.test && artifact.target == target);
    let mut files = built.flat_map(|artifact| &artifact.files);
    let library = files.find(|file| file.extension().is_some_and(|extension| extension == "so"));
    library
        .map(PathBuf::as_path)
        .ok_or_else(|| format!("cargo built no plugin library of package `{package}`").into())
}

fn replace(file: &Path, dir: &Path) -> Result<(), Box<dyn Error>> {
    let name = file.file_name().ok_or_else(|| format!("{} has no file name", file.display()))?;
    put(file, &dir.join(name))
}

/// Copies `file` to `name`, and replaces it atomically.
pub(crate) fn put(file: &Path, name: &Path) -> Result<(), Box<dyn Error>> {
    let fresh = name.with_extension(format!("fresh-{}", process::id()));
    fs::copy(file, &fresh)
        .and_then(|_| fs::rename(&fresh, name))
        .map_err(|error| format!("cannot write {}: {error}", name.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(target: &str, test: bool, files: &[&str]) -> Artifact {
        let files = files.iter().map(PathBuf::from).collect();
        Artifact { target: target.to_owned(), test, files, program: None }
    }

    #[test]
    fn the_library_of_a_plugin_is_not_its_test_program() {
        let artifacts = [
            artifact("voice_activity", true, &["/t/voice_activity-1234.so"]),
            artifact(
                "voice_activity",
                false,
                &["/t/libvoice_activity.rlib", "/t/libvoice_activity.so"],
            ),
        ];
        let found = library(&artifacts, "voice-activity").unwrap();
        assert_eq!(found, Path::new("/t/libvoice_activity.so"));
        assert!(library(&artifacts[..1], "voice-activity").is_err());
    }
}
