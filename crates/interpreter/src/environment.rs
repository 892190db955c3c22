//! A Python environment: a folder with an interpreter and packages of its own.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

/// The programs that an environment has, in order of preference.
const PROGRAMS: [&str; 2] = ["python", "python3"];

/// A folder with an interpreter and packages of its own, made by venv, virtualenv, uv or conda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(PathBuf);

impl Environment {
    /// What [`program`](Self::program) looks for, as text.
    pub(crate) const LOOKED_FOR: &str = "bin/python or bin/python3";

    /// The environment in a folder, whatever the folder contains.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The environment of a program in its folder `bin`, which the file `pyvenv.cfg` or the folder
    /// `conda-meta` marks.
    ///
    /// The path is not resolved: a link in the environment to a program elsewhere belongs to the
    /// environment.
    #[must_use]
    pub fn of_program(program: &Path) -> Option<Self> {
        let folder = program.parent()?.parent()?;
        let is_one = folder.join("pyvenv.cfg").is_file() || folder.join("conda-meta").is_dir();
        is_one.then(|| Self(folder.to_owned()))
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Its interpreter.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        let bin = self.0.join("bin");
        PROGRAMS.iter().map(|name| bin.join(name)).find(|program| is_executable(program))
    }

    /// Its folders `lib/python3.*/site-packages`, the newest Python first; usually one.
    pub(crate) fn site_packages(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.join("lib")).into_iter().flatten().flatten();
        let versions = entries.filter_map(|entry| {
            let name = entry.file_name();
            let minor = name.to_str()?.strip_prefix("python3.")?.parse::<u32>().ok()?;
            let packages = entry.path().join("site-packages");
            packages.is_dir().then_some((minor, packages))
        });
        let mut versions: Vec<(u32, PathBuf)> = versions.collect();
        versions.sort_by(|a, b| b.cmp(a));
        versions.into_iter().map(|(_, packages)| packages).collect()
    }
}

/// Whether this process may execute the file.
pub(crate) fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_lists_the_packages_of_its_newest_python_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["python3.9", "python3.12", "python3.10", "python3", "python3.x", "pypy3.10"] {
            fs::create_dir_all(dir.path().join("lib").join(name).join("site-packages")).unwrap();
        }
        fs::create_dir_all(dir.path().join("lib/python3.13")).unwrap();
        let found = Environment::new(dir.path()).site_packages();
        let versions = found.iter().map(|packages| {
            packages.strip_prefix(dir.path().join("lib")).unwrap().parent().unwrap().to_owned()
        });
        let expected = ["python3.12", "python3.10", "python3.9"].map(PathBuf::from);
        assert_eq!(versions.collect::<Vec<_>>(), expected);
    }
}
