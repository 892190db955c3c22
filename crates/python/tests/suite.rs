//! Runs the suite of `tests/python` in the Python that is on the path.
//!
//! `cargo xtask test` names the folder with the worker; `cargo xtask python` runs more cases, in more
//! interpreters.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// The oldest version of Python that can load the extension module.
const OLDEST: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

#[test]
fn every_case_passes_in_the_python_on_the_path() {
    let Some(dist) = env::var_os("UNIVERSAL_WORKER_TEST_DIST").map(PathBuf::from) else {
        println!("skipped: UNIVERSAL_WORKER_TEST_DIST is not set; `cargo xtask test` sets it");
        return;
    };
    if !has_python() {
        println!("skipped: there is no python3 from version 3.10 on");
        return;
    }
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/suite.py");
    let output = Command::new("python3").arg(suite).arg("--dist").arg(dist).output().unwrap();
    let results = String::from_utf8_lossy(&output.stdout);
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{results}{messages}");
    assert!(results.contains(" passed, 0 failed"), "{results}{messages}");
}

#[test]
fn the_tests_of_the_sample_pass() {
    if !has_python() {
        println!("skipped: there is no python3 from version 3.10 on");
        return;
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/words");
    let mut tests = Command::new("python3");
    let output = tests.args(["-B", "-m", "unittest", "discover"]).arg(sample).output().unwrap();
    let results = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && results.contains("Ran 4 tests"), "{results}");
}

/// The README shows the sample, and its test has no other way to notice a change.
#[test]
fn the_readme_quotes_the_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let sample = format!("```python\n{}```", read("crates/samples/words/words.py"));
    assert!(read("README.md").contains(&sample), "README.md shows another words.py");
}

fn has_python() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", OLDEST]).stdin(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}
