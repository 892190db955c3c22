//! `cargo xtask check`: formatting, lints, docs and the rules of the house.
//!
//! Every check runs, whatever the ones before it found; the last line counts them.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Outcome, cargo, no_arguments};

mod arrows;
mod code;
mod confine;
mod lengths;
mod manifests;
mod rules;
mod sources;

use sources::Source;

/// A place where a rule of the house is broken, and what to do about it.
struct Finding {
    file: PathBuf,
    /// Counted from 1; none where the whole file is meant.
    line: Option<usize>,
    /// The name of the rule.
    rule: &'static str,
    /// What stands there.
    found: String,
    remedy: String,
}

/// How a check ended.
enum Verdict {
    Passed,
    Failed,
    /// It could not be made here, and why.
    Skipped(&'static str),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}\n    remedy: {}", self.rule, self.found, self.remedy)
    }
}

/// Runs all checks; the exit code is 1 when one of them failed.
pub(crate) fn run(args: &[String]) -> Outcome {
    no_arguments(args)?;
    let workspace = Workspace::load()?;
    let sources = sources::read(&workspace)?;
    lengths::hints(&sources).for_each(|hint| println!("hint: {hint}"));

    let mut tally = Tally::default();
    let mut ended = |name, verdict| count(&mut tally, name, verdict);
    ended("arrows", Ok(report(&arrows::check(&workspace.packages))));
    ended("manifests", Ok(report(&manifests::check(&workspace.packages))));
    ended("confinement", Ok(report(&confine::check(&sources))));
    ended("file lengths", Ok(report(&lengths::check(&sources))));
    ended("cargo fmt", passes(&mut cargo::command(["fmt", "--all", "--", "--check"])));
    ended("cargo fmt, interface probe", passes(&mut probe_format(&workspace)));
    ended("cargo clippy", passes(&mut clippy()));
    ended("cargo doc", passes(&mut docs()));
    ended("cargo deny", deny());
    println!("{tally}");
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says how the check `name` ended and counts it; one that could not be made failed.
fn count(tally: &mut Tally, name: &str, verdict: Result<Verdict, Box<dyn Error>>) {
    let (counter, line) = match verdict {
        Ok(Verdict::Passed) => (&mut tally.passed, format!("ok {name}")),
        Ok(Verdict::Skipped(why)) => (&mut tally.skipped, format!("skipped {name}: {why}")),
        Ok(Verdict::Failed) => (&mut tally.failed, format!("FAILED {name}")),
        Err(error) => (&mut tally.failed, format!("FAILED {name}: {error}")),
    };
    *counter += 1;
    println!("{line}");
}

/// The plugin of the interface's tests is no member of the workspace.
fn probe_format(workspace: &Workspace) -> Command {
    let mut format = cargo::command(["fmt", "--manifest-path"]);
    format.arg(workspace.root.join("tests/abi/plugin/Cargo.toml")).args(["--", "--check"]);
    format
}

fn clippy() -> Command {
    cargo::command(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn docs() -> Command {
    // The test kit for authors is documented, though no build has it.
    let kit = "--features=universal-worker-plugin/testing";
    let mut docs = cargo::command(["doc", "--workspace", "--no-deps", kit]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    docs
}

fn deny() -> Result<Verdict, Box<dyn Error>> {
    let version =
        cargo::command(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version?.success() {
        return Ok(Verdict::Skipped("cargo-deny is not installed"));
    }
    passes(&mut cargo::command(["deny", "--workspace", "check"]))
}

/// Whether `command` ends well.
fn passes(command: &mut Command) -> Result<Verdict, Box<dyn Error>> {
    let good = cargo::status(command)?.success();
    Ok(if good { Verdict::Passed } else { Verdict::Failed })
}

/// Shows what was found; nothing found is a pass.
fn report(findings: &[Finding]) -> Verdict {
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.is_empty() { Verdict::Passed } else { Verdict::Failed }
}
