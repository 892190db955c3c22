//! The folder a worker runs from: the binary, and beside it its plugins.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use crate::cargo::{self, Artifact};
use crate::workspace::Workspace;

/// The package and the program of the worker.
pub(crate) const WORKER: &str = "universal-worker";

/// The packages of the plugins.
const PLUGINS: [&str; 3] = ["hello", "voice-activity", "conformance"];

/// Builds what ships, optimised, and writes it to `target/dist`.
pub(crate) fn release(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(["build", "--release"]);
    let artifacts = cargo::build(select(&mut build))?;
    assemble(&artifacts, &workspace.target.join("dist"))
}

/// Builds with the dev profile and writes it to `target/dist-debug`.
pub(crate) fn debug(workspace: &Workspace) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo::command(["build"]);
    let artifacts = cargo::build(select(&mut build))?;
    assemble(&artifacts, &workspace.target.join("dist-debug"))
}

fn select(build: &mut process::Command) -> &mut process::Command {
    build.args(["--package", WORKER]);
    PLUGINS.iter().for_each(|plugin| {
        build.args(["--package", plugin]);
    });
    build
}

/// Puts the worker and its plugins, found among `artifacts`, into `dir`.
///
/// Each file is replaced as a whole: a worker that runs keeps the one it has, and none ever sees half a one.
pub(crate) fn assemble(artifacts: &[Artifact], dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let plugins = dir.join("plugins");
    fs::create_dir_all(&plugins)?;
    replace(program(artifacts, WORKER)?, dir)?;
    for plugin in PLUGINS {
        replace(library(artifacts, plugin)?, &plugins)?;
    }
    Ok(dir.to_owned())
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

/// Copies `file` to `name`, which is replaced as a whole.
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
    fn a_plugin_is_its_shared_library_and_never_its_test_harness() {
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
