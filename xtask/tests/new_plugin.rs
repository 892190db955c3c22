//! Builds, tests and serves a plugin that `cargo xtask new-plugin` created.
//!
//! Runs with `cargo xtask test`, like the integration tests, but apart from those, which depend on
//! time.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::{Value, json};
use universal_worker_host::WorkerCommand;

/// The folder with the worker that `cargo xtask test` built.
fn dist() -> PathBuf {
    let Some(dist) = env::var_os("UNIVERSAL_WORKER_TEST_DIST") else {
        panic!("run `cargo xtask test`: it builds the worker that serves the plugin")
    };
    PathBuf::from(dist)
}

/// The plugin's target directory, which keeps its dependencies from one test run to the next.
fn target() -> PathBuf {
    dist().with_file_name("new-plugin")
}

fn output(program: impl AsRef<OsStr>, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env("CARGO_NET_OFFLINE", "true");
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_INCREMENTAL", "0");
    command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    command.output().unwrap()
}

/// Runs a program that must succeed, and returns its stdout.
#[track_caller]
fn stdout_of(program: impl AsRef<OsStr>, folder: &Path, args: &[&str]) -> String {
    let output = output(program, folder, args);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stdout}\n{stderr}", args.join(" "));
    stdout
}

fn xtask(args: &[&str]) -> Output {
    output(env!("CARGO_BIN_EXE_xtask"), Path::new(env!("CARGO_MANIFEST_DIR")), args)
}

async fn check_served(library: &str) {
    let mut worker =
        WorkerCommand::new(dist().join("universal-worker"), library).start().await.unwrap();
    let client = worker.client();
    let call = json!({"text": "hello", "times": 2});
    let result: Value = client.execute(&json!([]), &call).await.unwrap();
    assert_eq!(result, json!(["1: hello", "2: hello"]));
    let mut lines = client.execute_stream(&json!(["hello", 2]), &json!({})).await.unwrap();
    for expected in ["1: hello", "2: hello"] {
        assert_eq!(lines.next::<String>().await.unwrap().unwrap(), expected);
    }
    assert!(lines.next::<String>().await.is_none());
    assert!(worker.stop().await.unwrap().success());
}

/// Takes 25 s the first time, then 3 s.
#[tokio::test]
async fn a_new_plugin_passes_its_tests_and_is_served() {
    let scratch = tempfile::tempdir().unwrap();
    // A workspace above the plugin must not matter.
    fs::write(scratch.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let folder = scratch.path().join("plugins/brand-new");
    let made = xtask(&["new-plugin", "brand-new", "--path", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");

    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let cargo = |args: &[&str]| stdout_of(&cargo, &folder, args);
    // Builds of the plugin in earlier folders would pile up.
    cargo(&["clean", "--package", "brand-new"]);
    cargo(&["test"]);
    cargo(&["clippy", "--all-targets", "--", "--deny", "warnings"]);
    cargo(&["fmt", "--check"]);
    cargo(&["build"]);

    let library = target().join("debug/libbrand_new.so");
    let library = library.to_str().unwrap();
    let worker = dist().join("universal-worker");
    let check = stdout_of(worker, &folder, &["--module", library, "--check"]);
    assert!(check.contains("class BrandNew: brand-new 0.1.0"), "{check}");
    assert!(check.contains("    text: string (required) - The text to repeat."), "{check}");
    check_served(library).await;
}

#[test]
fn no_plugin_is_shipped_with_the_test_kit() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tree =
        ["tree", "--workspace", "--invert", "universal-worker-plugin", "--format", "{p} {f}"];
    let features = |edges| stdout_of(&cargo, root, &[&tree[..], &["--edges", edges]].concat());
    let has_kit = |tree: &str| {
        tree.lines()
            .any(|line| line.starts_with("universal-worker-plugin") && line.ends_with(" testing"))
    };
    assert!(has_kit(&features("normal,dev")), "the tests of the samples use it");
    assert!(!has_kit(&features("normal")));
}

#[test]
fn invalid_arguments_create_no_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("new");
    let path = folder.to_str().unwrap();
    for (args, expected) in [
        (&["new-plugin", "match", "--path", path][..], "`match` is not a valid plugin name"),
        (&["new-plugin", "new"], "missing folder: cargo xtask new-plugin new --path DIR"),
        (&["new-plugin", "--path", path], "missing name"),
        (&["new-plugin", "new", "--path", env!("CARGO_MANIFEST_DIR")], "is not empty"),
    ] {
        let refused = xtask(args);
        assert_eq!(refused.status.code(), Some(1), "{args:?}: {refused:?}");
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
    assert!(!folder.exists());
}
