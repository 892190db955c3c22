//! Finds out which compiler builds the plugin, for `--check`.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    // "rustc 1.95.0 (59807616e 2026-04-14)", of which the first two words are enough.
    let words: Vec<&str> = told.as_deref().unwrap_or_default().split_whitespace().take(2).collect();
    println!("cargo::rustc-env=UNIVERSAL_WORKER_COMPILER={}", words.join(" "));
}
