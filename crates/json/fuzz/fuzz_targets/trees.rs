//! Any value under any options, as in `tests/trees.rs`, led by what code they reach.
//!
//! In `crates/json`, with cargo-fuzz and a nightly compiler: `cargo +nightly fuzz run trees`.

#![no_main]

#[path = "../../tests/trees/all.rs"]
mod all;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: all::Case| all::check(&case.tree, &case.options));
