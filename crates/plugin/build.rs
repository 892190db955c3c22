//! Records the version of the compiler, which `--check` shows.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    // The first two words of "rustc 1.95.0 (59807616e 2026-04-14)".
    let words: Vec<&str> =
        version.as_deref().unwrap_or_default().split_whitespace().take(2).collect();
    println!("cargo::rustc-env=UNIVERSAL_WORKER_COMPILER={}", words.join(" "));
}
