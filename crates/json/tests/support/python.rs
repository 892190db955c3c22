//! Runs Python scripts.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// Runs a script from this crate's `tests` with `args` and `input`, and returns its output.
///
/// # Panics
/// If `python3` cannot be started or fails.
pub(crate) fn run<A: AsRef<OsStr>>(script: &str, args: &[A], input: &str) -> String {
    let mut python = Command::new("python3");
    python.arg(format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR"))).args(args);
    let child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child
        .unwrap_or_else(|error| panic!("cannot start `python3`, which this test needs: {error}"));
    let mut stdin = child.stdin.take().expect("stdin was piped above");
    let output = thread::scope(|scope| {
        // On a thread, since both pipes may fill up; a script that does not read reports why it failed.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output().expect("it can be waited for")
    });
    assert!(output.status.success(), "{script} failed ({})", output.status);
    String::from_utf8(output.stdout).expect("a script writes UTF-8")
}
