//! Causes every fault once, and checks exit, cleanups and left processes, but not the time, which
//! depends on the machine.

use std::env;
use std::process::{Command, Stdio};

#[test]
fn every_worker_ends_as_promised() {
    let Some(dist) = env::var_os("UNIVERSAL_WORKER_TEST_DIST") else {
        panic!("run `cargo xtask test`: it builds the worker and the plugins that the tests drive")
    };
    let mut faults = Command::new(env!("CARGO_BIN_EXE_universal-worker-faults"));
    faults.arg("--dist").arg(dist).args(["--times", "1", "--within", "any"]);
    let output = faults.stdin(Stdio::null()).output().unwrap();
    let (table, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{table}\n{errors}");
    assert!(table.lines().count() > 40, "{table}");
}
