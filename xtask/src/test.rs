//! `cargo xtask test [ARGS…]`: every test there is.
//!
//! One cargo invocation compiles the tests, the worker and the plugins. It builds the programs and libraries of
//! all packages besides their harnesses, since integration and doc tests use them, so the folder that the tests
//! run the worker from costs no second build, let alone one with other features.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Outcome, abi, cargo, dist};

/// Tells the tests where the worker and its plugins are.
const DIST: &str = "UNIVERSAL_WORKER_TEST_DIST";

/// Builds, runs all tests and ends on one line of summary; `args` go to `cargo test`.
pub(crate) fn run(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    let artifacts = cargo::build(&mut cargo::command(["test", "--workspace", "--no-run"]))?;
    let dir = dist::assemble(&artifacts, &workspace.target.join("dist-debug"))?;

    let mut tests = cargo::command(["test", "--no-fail-fast"]);
    if !names_packages(args) {
        tests.arg("--workspace");
    }
    if !names_packages(args) || args.iter().any(|arg| arg == dist::WORKER) {
        tests.env(abi::DIR, abi::build(&workspace)?);
    }
    let (mut tally, status) = pass_through(tests.args(args).env(DIST, dir))?;
    if !status.success() && tally.failed == 0 {
        // A harness that did not come to its own summary: crashed, killed, or not compiled.
        tally.failed = 1;
    }
    let none_ran = tally.passed + tally.failed == 0;
    if none_ran {
        eprintln!("xtask test: no test ran");
    }
    println!("{tally}");
    Ok(if none_ran { ExitCode::FAILURE } else { cargo::exit_code(status) })
}

/// Whether `args`, as far as cargo reads them, choose packages themselves.
fn names_packages(args: &[String]) -> bool {
    let cargo_args = args.iter().take_while(|arg| *arg != "--");
    cargo_args.into_iter().any(|arg| arg == "-p" || arg.starts_with("--package"))
}

/// Runs `command`, shows its stdout as it comes and adds up the results in it.
fn pass_through(command: &mut Command) -> Result<(Tally, ExitStatus), Box<dyn Error>> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("stdout was piped above");
    let mut tally = Tally::default();
    let mut shown = io::stdout().lock();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        shown.write_all(&line)?;
        shown.write_all(b"\n")?;
        add(&mut tally, &String::from_utf8_lossy(&line));
    }
    Ok((tally, child.wait()?))
}

/// Adds `line` to the tally if it is a harness's `test result:`.
fn add(tally: &mut Tally, line: &str) {
    let Some((_, result)) = line.split_once("test result: ") else { return };
    for part in result.split(';') {
        let mut words = part.split_whitespace().rev();
        let (Some(what), Some(count)) = (words.next(), words.next()) else { continue };
        let count = count.parse().unwrap_or(0);
        match what {
            "passed" => tally.passed += count,
            "failed" => tally.failed += count,
            "ignored" => tally.skipped += count,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| add(&mut tally, line));
        assert_eq!(tally.to_string(), expected);
    }

    #[test]
    fn results_of_all_harnesses_are_added_up() {
        let one = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        let two = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        check(&[one, "test a ... ok", two], "4 passed, 2 failed");
    }

    #[test]
    fn ignored_tests_are_counted_as_skipped() {
        check(
            &["test result: ok. 1 passed; 0 failed; 4 ignored; 0 measured"],
            "1 passed, 0 failed, 4 skipped",
        );
    }

    #[test]
    fn coloured_results_are_read_too() {
        check(
            &["test result: \u{1b}[32mok\u{1b}[m. 5 passed; 0 failed; 0 ignored"],
            "5 passed, 0 failed",
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check(&["3 passed; 4 failed", "running 3 tests"], "0 passed, 0 failed");
    }

    #[test]
    fn a_package_after_two_dashes_is_none_of_ours() {
        let args =
            |list: &[&str]| -> Vec<String> { list.iter().map(ToString::to_string).collect() };
        assert!(names_packages(&args(&["-p", "hello"])));
        assert!(names_packages(&args(&["--package=hello"])));
        assert!(!names_packages(&args(&["--", "-p"])));
    }
}
