//! `cargo xtask check`: formatting, lints, docs and the rules of the workspace.
//!
//! Every check runs, even after a failure; the last line counts the results.

mod arrows;
mod lengths;
mod manifests;
mod rules;
mod sources;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::check::sources::Source;
use crate::summary::Summary;
use crate::workspace::Workspace;
use crate::{TaskResult, cargo, no_arguments};

/// A broken rule, and how to fix it.
struct Violation {
    file: PathBuf,
    /// The line, counted from 1, unless the violation is about the whole file.
    line: Option<usize>,
    /// The name of the rule.
    rule: &'static str,
    message: String,
    remedy: String,
}

enum CheckResult {
    Passed,
    Failed,
    /// The check cannot run on this machine; with the reason.
    Skipped(&'static str),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}\n    remedy: {}", self.rule, self.message, self.remedy)
    }
}

/// Runs all checks; the exit code is 1 if one of them failed.
pub(crate) fn run(args: &[String]) -> TaskResult {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    let sources = sources::read(&workspace)?;
    lengths::hints(&sources).for_each(|hint| println!("hint: {hint}"));

    let mut summary = Summary::default();
    let mut count = |name, result| count(&mut summary, name, result);
    count("arrows", Ok(report(&arrows::check(&workspace.packages))));
    count("manifests", Ok(report(&manifests::check(&workspace.packages))));
    count("file lengths", Ok(report(&lengths::check(&sources))));
    count("cargo fmt", run_check(&mut cargo::command(["fmt", "--all", "--", "--check"])));
    count("cargo fmt, interface probe", run_check(&mut probe_format(&workspace)));
    count("cargo clippy", run_check(&mut clippy()));
    count("cargo doc", run_check(&mut docs()));
    count("cargo deny", deny());
    println!("{summary}");
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints and counts the result of the check `name`; an error counts as a failure.
fn count(summary: &mut Summary, name: &str, result: Result<CheckResult, Box<dyn Error>>) {
    let (counter, line) = match result {
        Ok(CheckResult::Passed) => (&mut summary.passed, format!("ok {name}")),
        Ok(CheckResult::Skipped(why)) => (&mut summary.skipped, format!("skipped {name}: {why}")),
        Ok(CheckResult::Failed) => (&mut summary.failed, format!("FAILED {name}")),
        Err(error) => (&mut summary.failed, format!("FAILED {name}: {error}")),
    };
    *counter += 1;
    println!("{line}");
}

/// The plugin of the interface tests is not a member of the workspace.
fn probe_format(workspace: &Workspace) -> Command {
    let mut format = cargo::command(["fmt", "--manifest-path"]);
    format.arg(workspace.root.join("tests/abi/plugin/Cargo.toml")).args(["--", "--check"]);
    format
}

fn clippy() -> Command {
    cargo::command(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn docs() -> Command {
    // The test kit for plugin authors has docs, but no build of the workspace enables it.
    let kit = "--features=universal-worker-plugin/testing";
    let mut docs = cargo::command(["doc", "--workspace", "--no-deps", kit]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    docs
}

fn deny() -> Result<CheckResult, Box<dyn Error>> {
    let version =
        cargo::command(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version?.success() {
        return Ok(CheckResult::Skipped("cargo-deny is not installed"));
    }
    run_check(&mut cargo::command(["deny", "--workspace", "check"]))
}

/// Runs a command, which passes if it exits with code 0.
fn run_check(command: &mut Command) -> Result<CheckResult, Box<dyn Error>> {
    let passed = cargo::status(command)?.success();
    Ok(if passed { CheckResult::Passed } else { CheckResult::Failed })
}

/// Prints the violations; the check passes if there are none.
fn report(violations: &[Violation]) -> CheckResult {
    violations.iter().for_each(|violation| println!("{violation}"));
    if violations.is_empty() { CheckResult::Passed } else { CheckResult::Failed }
}
