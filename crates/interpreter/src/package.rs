//! The part of the worker that runs inside an interpreter.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::InterpreterError;

/// The name of the package's folder.
const NAME: &str = "universal_worker";

/// The folder of the package `universal_worker`, which is installed with the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package(PathBuf);

impl Package {
    /// Finds the package that belongs to a program: in the folder `python` beside it, or among the
    /// packages of its environment.
    ///
    /// `programs` are the paths of this program, as it was called and resolved.
    ///
    /// # Errors
    /// If neither has the package.
    pub fn find(programs: &[&Path]) -> Result<Self, InterpreterError> {
        let beside = programs.iter().filter_map(|program| program.parent());
        let beside: Vec<PathBuf> = beside.map(|folder| folder.join("python")).collect();
        let environments = programs.iter().filter_map(|program| Environment::of_program(program));
        let packages = environments.flat_map(|environment| environment.site_packages());
        let mut places = beside.iter().cloned().chain(packages);
        let found = places.find_map(|place| {
            let package = Self(place.join(NAME));
            package.script().is_file().then_some(package)
        });
        found.ok_or_else(|| {
            let places = beside.last().cloned().unwrap_or_else(|| "python".into());
            InterpreterError::NoPackage(Self(places.join(NAME)).script())
        })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The script that starts the worker.
    #[must_use]
    pub fn script(&self) -> PathBuf {
        self.0.join("worker.py")
    }

    /// The script that a take-over runs in an interpreter.
    pub(crate) fn take_over_script(&self) -> PathBuf {
        self.0.join("takeover.py")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn install(folder: &Path) -> PathBuf {
        fs::create_dir_all(folder.join(NAME)).unwrap();
        fs::write(folder.join(NAME).join("worker.py"), "").unwrap();
        folder.join(NAME)
    }

    #[test]
    fn a_package_is_beside_the_program_or_in_its_environment() {
        let dir = tempfile::tempdir().unwrap();
        let (dist, venv) = (dir.path().join("dist"), dir.path().join("venv"));
        fs::create_dir_all(venv.join("bin")).unwrap();
        fs::write(venv.join("pyvenv.cfg"), "").unwrap();
        let (here, there) = (dist.join("universal-worker"), venv.join("bin/universal-worker"));
        let find = || Package::find(&[&there, &here]).map(|package| package.folder().to_owned());
        let error = find().unwrap_err();
        let expected = "dist/python/universal_worker/worker.py: is not installed";
        assert!(error.to_string().ends_with(expected), "{error}");
        let installed = install(&venv.join("lib/python3.12/site-packages"));
        assert_eq!(find().unwrap(), installed);
        let beside = install(&dist.join("python"));
        assert_eq!(find().unwrap(), beside);
    }
}
