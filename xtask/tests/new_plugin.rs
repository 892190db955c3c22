//! What `cargo xtask new-plugin` writes is a plugin: it passes its own tests, and a worker serves it.
//!
//! Needs `cargo xtask test`, as the integration tests do; apart from those, which watch the clock.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use universal_worker_host::Launch;

/// Where `cargo xtask test` put the worker.
fn dist() -> PathBuf {
    let Some(dist) = env::var_os("UNIVERSAL_WORKER_TEST_DIST") else {
        panic!("run `cargo xtask test`: it builds the worker that serves the plugin")
    };
    PathBuf::from(dist)
}

/// Where the plugin is built: what it depends on stays there from one test run to the next.
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

/// Runs a program that ends well, and hands out what it wrote to stdout.
#[track_caller]
fn told(program: impl AsRef<OsStr>, folder: &Path, args: &[&str]) -> String {
    let output = output(program, folder, args);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stdout}\n{stderr}", args.join(" "));
    stdout
}

fn xtask(args: &[&str]) -> Output {
    output(env!("CARGO_BIN_EXE_xtask"), Path::new(env!("CARGO_MANIFEST_DIR")), args)
}

async fn is_served(library: &str) {
    let mut worker = Launch::new(dist().join("universal-worker"), library).start().await.unwrap();
    let client = worker.client();
    let call = json!({"text": "hello", "times": 2});
    let said: Value = client.execute(&json!([]), &call).await.unwrap();
    assert_eq!(said, json!(["1: hello", "2: hello"]));
    let mut lines = client.execute_stream(&json!(["hello", 2]), &json!({})).await.unwrap();
    for expected in ["1: hello", "2: hello"] {
        assert_eq!(lines.next::<String>().await.unwrap().unwrap(), expected);
    }
    assert!(lines.next::<String>().await.is_none());
    assert!(worker.stop().await.unwrap().is_orderly());
}

/// 25 s the first time, 3 s then.
#[tokio::test]
async fn it_passes_its_tests_and_is_served() {
    let scratch = tempfile::tempdir().unwrap();
    // Another workspace above it is none of its business.
    fs::write(scratch.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let folder = scratch.path().join("plugins/brand-new");
    let made = xtask(&["new-plugin", "brand-new", "--path", folder.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");

    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let cargo = |args: &[&str]| told(&cargo, &folder, args);
    // What was built of it in other folders would stay for ever.
    cargo(&["clean", "--package", "brand-new"]);
    cargo(&["test"]);
    cargo(&["clippy", "--all-targets", "--", "--deny", "warnings"]);
    cargo(&["fmt", "--check"]);
    cargo(&["build"]);

    let library = target().join("debug/libbrand_new.so");
    let library = library.to_str().unwrap();
    let worker = dist().join("universal-worker");
    let check = told(worker, &folder, &["--module", library, "--check"]);
    assert!(check.contains("class BrandNew: brand-new 0.1.0"), "{check}");
    assert!(check.contains("    text: string (required) - What to say."), "{check}");
    is_served(library).await;
}

#[test]
fn no_plugin_ships_with_the_test_kit() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tree =
        ["tree", "--workspace", "--invert", "universal-worker-plugin", "--format", "{p} {f}"];
    let features = |edges| told(&cargo, root, &[&tree[..], &["--edges", edges]].concat());
    let has_kit = |tree: &str| {
        tree.lines()
            .any(|line| line.starts_with("universal-worker-plugin") && line.ends_with(" testing"))
    };
    assert!(has_kit(&features("normal,dev")), "the tests of the samples use it");
    assert!(!has_kit(&features("normal")));
}

#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("new");
    let path = folder.to_str().unwrap();
    for (args, told) in [
        (&["new-plugin", "match", "--path", path][..], "`match` is no name for a plugin"),
        (&["new-plugin", "new"], "no folder: cargo xtask new-plugin new --path DIR"),
        (&["new-plugin", "--path", path], "no name"),
        (&["new-plugin", "new", "--path", env!("CARGO_MANIFEST_DIR")], "is not empty"),
    ] {
        let refused = xtask(args);
        assert_eq!(refused.status.code(), Some(1), "{args:?}: {refused:?}");
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(stderr.contains(told), "{args:?}: {stderr}");
    }
    assert!(!folder.exists());
}
