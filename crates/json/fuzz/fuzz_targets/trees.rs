//! Any value under any options, as in `tests/trees.rs`, guided by code coverage.
//!
//! Run in `crates/json`, with cargo-fuzz and a nightly compiler: `cargo +nightly fuzz run trees`.

#![no_main]

#[path = "../../tests/trees/all.rs"]
mod all;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: all::Case| all::check(&case.tree, &case.options));
