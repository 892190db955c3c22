//! The command that starts the worker inside an interpreter.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::find::Interpreter;
use crate::package::Package;

/// Variable with the absolute path of this program as it was called.
pub const PROGRAM: &str = "UNIVERSAL_WORKER_PROGRAM";
/// Variable that says why this interpreter was chosen, for the log.
pub const REASON: &str = "UNIVERSAL_WORKER_PYTHON_REASON";
/// Variable with the number of the file descriptor that is the original stdout.
pub const STDOUT_FD: &str = "UNIVERSAL_WORKER_STDOUT_FD";
/// Variable with the absolute path of the `.py` file or package folder that the module names.
pub const MODULE_FILE: &str = "UNIVERSAL_WORKER_MODULE_FILE";
/// Variable with the plugin folders that have no plugin of the module's name, as text, and on
/// further lines the names in them that are similar.
pub const SEARCHED: &str = "UNIVERSAL_WORKER_SEARCHED";

/// A command that replaces this process (execve(2)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The interpreter.
    pub program: PathBuf,
    /// Its arguments: Python's options, the script, and the worker's own arguments.
    pub args: Vec<OsString>,
    /// Variables to set, or to remove: one of an outer worker must not stay.
    pub vars: Vec<(&'static str, Option<OsString>)>,
}

impl Launch {
    /// Starts the script of `package` in `interpreter`.
    ///
    /// `program` is this program as it was called.
    #[must_use]
    pub fn new(
        interpreter: &Interpreter,
        package: &Package,
        program: &Path,
        python_options: &[OsString],
        args: &[OsString],
    ) -> Self {
        let script = package.script().into_os_string();
        Self {
            program: interpreter.program.clone(),
            args: [python_options, &[script], args].concat(),
            vars: vec![
                (PROGRAM, Some(program.into())),
                (REASON, Some(interpreter.reason.to_string().into())),
                (STDOUT_FD, None),
                (MODULE_FILE, None),
                (SEARCHED, None),
            ],
        }
    }

    /// The command, to be executed in place of this process.
    ///
    /// `taken` are variables that were taken out of the environment, and are for the worker there.
    #[must_use]
    pub fn command(&self, taken: &[(OsString, OsString)]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(taken.iter().map(|(name, value)| (name, value)));
        for (name, value) in &self.vars {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Sets one of the variables.
    #[must_use]
    pub fn var(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.vars.retain(|(other, _)| *other != name);
        self.vars.push((name, Some(value.as_ref().to_owned())));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::Reason;

    #[test]
    fn the_script_stands_between_the_options_of_python_and_of_the_worker() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("python/universal_worker");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("worker.py"), "").unwrap();
        let program = dir.path().join("universal-worker");
        let package = Package::find(&[&program]).unwrap();
        let interpreter = Interpreter { program: "/x/python".into(), reason: Reason::Path };
        let (options, args) = (["-u".into()], ["--module".into(), "m".into()]);
        let launch = Launch::new(&interpreter, &package, &program, &options, &args);
        let script = folder.join("worker.py").into_os_string();
        assert_eq!(launch.args, ["-u".into(), script, "--module".into(), "m".into()]);
        let launch = launch.var(STDOUT_FD, "7");
        let value = |name| launch.vars.iter().find(|(other, _)| *other == name).unwrap().1.clone();
        assert_eq!((value(STDOUT_FD), value(SEARCHED)), (Some("7".into()), None));
        assert_eq!((value(REASON), value(PROGRAM)), (Some("PATH".into()), Some(program.into())));
    }
}
