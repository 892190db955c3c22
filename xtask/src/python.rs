//! `cargo xtask python [ARGS…]`: runs the suite of Python classes in each interpreter there is.
//!
//! Uses the debug build, which behaves like the release build and which the tests need anyway.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::{env, iter};

use crate::summary::{Summary, pass_through};
use crate::workspace::Workspace;
use crate::{TaskResult, dist};

/// The variable with further interpreters, separated by colons.
const PYTHONS: &str = "UNIVERSAL_WORKER_TEST_PYTHONS";

/// Prints the version; fails if it cannot load the extension module.
const VERSION: &str = "import platform, sys
print(platform.python_implementation(), platform.python_version())
sys.exit(sys.version_info < (3, 10) or sys.implementation.name != 'cpython')";

/// Builds, and runs the suite in each interpreter; `args` are passed to it.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    let dir = dist::debug(&workspace)?;
    let suite = workspace.root.join("tests/python/suite.py");
    let mut total = Summary::default();
    for python in interpreters() {
        let title = python.to_string_lossy().into_owned();
        let Some(version) = version(Path::new(&python)) else {
            println!("skipped {title}: it is no CPython from version 3.10 on");
            total.skipped += 1;
            continue;
        };
        println!("{title} ({version})");
        let mut command = Command::new(&python);
        command.arg(&suite).arg("--dist").arg(&dir).arg("--thorough").args(args);
        let (mut summary, status) = pass_through(&mut command, add)?;
        if !status.success() && summary.failed == 0 {
            // The suite itself ended early.
            summary.failed = 1;
        }
        total.add(&summary);
    }
    println!("in all interpreters: {total}");
    let is_success = total.failed == 0 && total.passed > 0;
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `python3`, and those in the variable.
fn interpreters() -> Vec<OsString> {
    let named = env::var_os(PYTHONS).unwrap_or_default();
    let named = env::split_paths(&named).map(OsString::from).filter(|python| !python.is_empty());
    iter::once("python3".into()).chain(named).collect()
}

fn version(python: &Path) -> Option<String> {
    let mut command = Command::new(python);
    let output = command.args(["-c", VERSION]).stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(version)
}

/// Adds the last line of the suite, such as `3 passed, 1 failed, 2 skipped`.
fn add(summary: &mut Summary, line: &str) {
    let mut counts = Summary::default();
    for part in line.split(", ") {
        let Some((count, word)) = part.split_once(' ') else { return };
        let Ok(count) = count.parse() else { return };
        match word {
            "passed" => counts.passed = count,
            "failed" => counts.failed = count,
            "skipped" => counts.skipped = count,
            _ => return,
        }
    }
    summary.add(&counts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let mut summary = Summary::default();
        add(&mut summary, line);
        assert_eq!(summary.to_string(), expected);
    }

    #[test]
    fn the_last_line_of_the_suite_counts() {
        check("3 passed, 1 failed", "3 passed, 1 failed");
        check("3 passed, 0 failed, 2 skipped", "3 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn lines_of_cases_do_not_count() {
        check("ok values: numpy (5 passed, 1 failed)", "0 passed, 0 failed");
        check("FAILED load: 3 passed", "0 passed, 0 failed");
        check("", "0 passed, 0 failed");
    }
}
