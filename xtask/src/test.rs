//! `cargo xtask test [ARGS…]`: runs all tests.
//!
//! One run of cargo compiles the tests, the worker and the plugins, and the tests run the worker from
//! a folder with these results: a second build would take time, and have other features.

use std::process::ExitCode;

use crate::summary::{Summary, pass_through};
use crate::workspace::Workspace;
use crate::{TaskResult, abi, cargo, dist};

/// The variable that tells the tests where the worker and its plugins are.
const DIST: &str = "UNIVERSAL_WORKER_TEST_DIST";

/// Builds, runs all tests and prints a summary; `args` are passed to `cargo test`.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    let artifacts = cargo::build(&mut cargo::command(["test", "--workspace", "--no-run"]))?;
    let dir = dist::assemble(&workspace, &artifacts, &workspace.target.join("dist-debug"))?;

    let mut tests = cargo::command(["test", "--no-fail-fast"]);
    if !names_packages(args) {
        tests.arg("--workspace");
    }
    if !names_packages(args) || args.iter().any(|arg| arg == dist::WORKER) {
        tests.env(abi::DIR, abi::build(&workspace)?);
    }
    let (mut summary, status) = pass_through(tests.args(args).env(DIST, dir), add)?;
    if !status.success() && summary.failed == 0 {
        // A test program crashed, was killed, or did not compile: it printed no summary.
        summary.failed = 1;
    }
    let none_ran = summary.passed + summary.failed == 0;
    if none_ran {
        eprintln!("xtask test: no test ran");
    }
    println!("{summary}");
    Ok(if none_ran { ExitCode::FAILURE } else { cargo::exit_code(status) })
}

/// Whether the arguments for cargo, before `--`, select packages.
fn names_packages(args: &[String]) -> bool {
    let cargo_args = args.iter().take_while(|arg| *arg != "--");
    cargo_args.into_iter().any(|arg| arg == "-p" || arg.starts_with("--package"))
}

/// Adds `line` to the summary if it is the `test result:` of a test program.
fn add(summary: &mut Summary, line: &str) {
    let Some((_, result)) = line.split_once("test result: ") else { return };
    for part in result.split(';') {
        let mut words = part.split_whitespace().rev();
        let (Some(result), Some(count)) = (words.next(), words.next()) else { continue };
        let count = count.parse().unwrap_or(0);
        match result {
            "passed" => summary.passed += count,
            "failed" => summary.failed += count,
            "ignored" => summary.skipped += count,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        let mut summary = Summary::default();
        lines.iter().for_each(|line| add(&mut summary, line));
        assert_eq!(summary.to_string(), expected);
    }

    #[test]
    fn results_of_all_test_programs_are_added_up() {
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
    fn colored_results_count() {
        check(
            &["test result: \u{1b}[32mok\u{1b}[m. 5 passed; 0 failed; 0 ignored"],
            "5 passed, 0 failed",
        );
    }

    #[test]
    fn other_lines_do_not_count() {
        check(&["3 passed; 4 failed", "running 3 tests"], "0 passed, 0 failed");
    }

    #[test]
    fn options_after_two_dashes_select_no_package() {
        let args =
            |list: &[&str]| -> Vec<String> { list.iter().map(ToString::to_string).collect() };
        assert!(names_packages(&args(&["-p", "hello"])));
        assert!(names_packages(&args(&["--package=hello"])));
        assert!(!names_packages(&args(&["--", "-p"])));
    }
}
