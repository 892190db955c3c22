//! The interpreter of the rows with a Python class.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Prints the path of an interpreter that the worker supports.
const PROGRAM: &str = "import sys; sys.version_info >= (3, 10) and print(sys.executable)";

/// The path of `python3`; none if there is none, or it is too old.
///
/// Not a script that starts it, whose own start would be measured as well.
pub(crate) fn interpreter() -> Option<&'static PathBuf> {
    static INTERPRETER: OnceLock<Option<PathBuf>> = OnceLock::new();
    INTERPRETER.get_or_init(find).as_ref()
}

fn find() -> Option<PathBuf> {
    let mut python = Command::new("python3");
    let output = python.args(["-c", PROGRAM]).stdin(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    (!path.trim().is_empty()).then(|| path.trim().into())
}
