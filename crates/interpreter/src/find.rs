//! Which interpreter, and why.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{env, fmt, path};

use crate::environment::{Environment, is_executable};
use crate::error::InterpreterError;

/// The programs looked for in `PATH`, in order of preference; `python` may be Python 2.
const ON_PATH: [&str; 2] = ["python3", "python"];

/// What decides which interpreter it is.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The option `--python`: a program, the folder of an environment, or the name of a program in
    /// `PATH`.
    pub python: Option<PathBuf>,
    /// The path of this program as it was called, not resolved; see [`program_as_called`].
    pub program: Option<PathBuf>,
    /// Its path with all links resolved.
    pub resolved: Option<PathBuf>,
    /// The variable `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// The variable `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// The variable `PATH`.
    pub path: OsString,
}

/// A Python interpreter, displayed as `/x/bin/python (VIRTUAL_ENV)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The program: absolute, and not resolved.
    pub program: PathBuf,
    /// Why it is this one.
    pub reason: Reason,
}

/// Why an interpreter is the one to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The option `--python` or its variable names it.
    Option,
    /// This program is in the same environment.
    Beside,
    /// The variable `VIRTUAL_ENV` names its environment.
    VirtualEnv,
    /// The variable `CONDA_PREFIX` names its environment.
    CondaPrefix,
    /// It is in `PATH`.
    Path,
}

impl Search {
    /// Finds the interpreter: the option, else the environment of this program, else
    /// `VIRTUAL_ENV`, else `CONDA_PREFIX`, else the environment that a link to this program leads
    /// to, else `python3` or `python` in `PATH`.
    ///
    /// An empty path counts as none.
    ///
    /// # Errors
    /// If the first of these that is set has no interpreter, or none is set and `PATH` has none;
    /// or if the interpreter is a link to this program, which would start itself for ever.
    pub fn find(&self) -> Result<Interpreter, InterpreterError> {
        let Interpreter { program: path, reason } = self.first()?;
        let resolved = |path: &Path| path.canonicalize().ok();
        if self.program.as_deref().is_some_and(|program| resolved(program) == resolved(&path)) {
            return Err(InterpreterError::Itself { reason, path });
        }
        Ok(Interpreter { program: path, reason })
    }

    fn first(&self) -> Result<Interpreter, InterpreterError> {
        if let Some(python) = set(self.python.as_ref()) {
            return self.named(python);
        }
        if let Some(environment) = self.program.as_deref().and_then(Environment::of_program) {
            return in_folder(environment.folder(), Reason::Beside);
        }
        for (folder, reason) in
            [(&self.virtual_env, Reason::VirtualEnv), (&self.conda_prefix, Reason::CondaPrefix)]
        {
            if let Some(folder) = set(folder.as_ref()) {
                return in_folder(folder, reason);
            }
        }
        if let Some(environment) = self.resolved.as_deref().and_then(Environment::of_program) {
            return in_folder(environment.folder(), Reason::Beside);
        }
        let on_path = ON_PATH.iter().find_map(|name| on_path(OsStr::new(name), &self.path));
        let program = on_path.ok_or(InterpreterError::NotFound)?;
        Ok(Interpreter { program, reason: Reason::Path })
    }

    fn named(&self, python: &Path) -> Result<Interpreter, InterpreterError> {
        let reason = Reason::Option;
        if python.is_dir() {
            return in_folder(python, reason);
        }
        if is_executable(python) {
            return Ok(Interpreter { program: absolute(python), reason });
        }
        let path = python.to_owned();
        if python.exists() {
            return Err(InterpreterError::NotExecutable { reason, path });
        }
        match on_path(python.as_os_str(), &self.path) {
            Some(program) => Ok(Interpreter { program, reason }),
            None => Err(InterpreterError::NoSuchFile { reason, path }),
        }
    }
}

/// The path of this program as it was called, absolute but not resolved.
///
/// `arg0` is the name it was called by, which is looked up in `path` if it has no slash. `None` if
/// that leads to no program, since a caller may pass any name.
#[must_use]
pub fn program_as_called(arg0: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let called = Path::new(arg0);
    let has_slash = called.components().count() > 1;
    if has_slash {
        return is_executable(called).then(|| absolute(called));
    }
    on_path(arg0, path)
}

/// A path that is not empty.
fn set(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path).filter(|path| !path.as_os_str().is_empty())
}

fn in_folder(folder: &Path, reason: Reason) -> Result<Interpreter, InterpreterError> {
    if !folder.exists() {
        return Err(InterpreterError::NoSuchFile { reason, path: folder.to_owned() });
    }
    let program = Environment::new(folder).program();
    let program = program.ok_or_else(|| InterpreterError::NoInterpreter {
        reason,
        folder: folder.to_owned(),
        looked_for: Environment::LOOKED_FOR,
    })?;
    Ok(Interpreter { program: absolute(&program), reason })
}

/// The first program of this name in the folders of `PATH`; none for a name with a slash.
fn on_path(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let is_name = Path::new(name).components().count() == 1 && !name.is_empty();
    let folders = is_name.then(|| env::split_paths(path)).into_iter().flatten();
    // An empty entry is the working directory, which is no place to find an interpreter.
    let folders = folders.filter(|folder| !folder.as_os_str().is_empty());
    let mut programs = folders.map(|folder| folder.join(name));
    programs.find(|program| is_executable(program)).map(|program| absolute(&program))
}

/// The path as seen from the root; links and `..` stay as they are.
fn absolute(path: &Path) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "--python",
            Self::Beside => "environment of the worker",
            Self::VirtualEnv => "VIRTUAL_ENV",
            Self::CondaPrefix => "CONDA_PREFIX",
            Self::Path => "PATH",
        })
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.program.display(), self.reason)
    }
}
