//! This program, as it was called.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::environment::Environment;
use crate::error::InterpreterError;
use crate::find::{Interpreter, Search, program_as_called};
use crate::launch::Launch;
use crate::package::Package;

/// This program, with what it takes to find an interpreter and to start it.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its path as it was called, absolute and not resolved.
    pub called: PathBuf,
    resolved: PathBuf,
    search: Search,
}

impl Program {
    /// `arg0` is the name that the program was called by, `resolved` its path, and `var` returns
    /// the value of a variable.
    pub fn new(arg0: &OsStr, resolved: PathBuf, var: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = var("PATH").unwrap_or_default();
        let called = program_as_called(arg0, &path).unwrap_or_else(|| resolved.clone());
        let search = Search {
            python: None,
            program: Some(called.clone()),
            resolved: Some(resolved.clone()),
            virtual_env: var("VIRTUAL_ENV").map(PathBuf::from),
            conda_prefix: var("CONDA_PREFIX").map(PathBuf::from),
            path,
        };
        Self { called, resolved, search }
    }

    /// Whether it stands where an environment has its interpreter.
    #[must_use]
    pub fn is_in_environment(&self) -> bool {
        Environment::of_program(&self.called).is_some()
    }

    /// The interpreter; `python` is the option `--python`.
    ///
    /// # Errors
    /// See [`Search::find`].
    pub fn interpreter(&self, python: Option<PathBuf>) -> Result<Interpreter, InterpreterError> {
        Search { python, ..self.search.clone() }.find()
    }

    /// The package that belongs to it.
    ///
    /// # Errors
    /// See [`Package::find`].
    pub fn package(&self) -> Result<Package, InterpreterError> {
        Package::find(&[&self.called, &self.resolved])
    }

    /// The command that starts the worker in an interpreter, with options of Python's and arguments
    /// of the worker's; `python` is the option `--python`.
    ///
    /// # Errors
    /// If there is no interpreter, or no package.
    pub fn launch(
        &self,
        python: Option<PathBuf>,
        python_options: &[OsString],
        args: &[OsString],
    ) -> Result<Launch, InterpreterError> {
        let interpreter = self.interpreter(python)?;
        Ok(Launch::new(&interpreter, &self.package()?, &self.called, python_options, args))
    }
}
