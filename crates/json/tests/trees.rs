//! Properties that hold for any value under any options, checked for thousands of pseudorandom cases.
//!
//! `cargo fuzz run trees`, in `crates/json`, searches for more.

#![allow(clippy::disallowed_methods, reason = "compares with what serde_json writes")]
#![allow(clippy::print_stdout, reason = "a failing case is printed")]

#[path = "trees/all.rs"]
mod all;
#[path = "trees/depth.rs"]
mod depth;
#[path = "trees/findings.rs"]
mod findings;

use std::thread;

use all::Case;
use arbitrary::{Arbitrary, Unstructured};

const SEEDS: u64 = 8000;

#[test]
fn any_value_under_any_options_has_the_properties() {
    for seed in 1..=SEEDS {
        let bytes = bytes(seed);
        let case = Case::arbitrary(&mut Unstructured::new(&bytes)).expect("bytes make a case");
        let shown = PrintOnPanic { seed, case: &case };
        all::check(&case.tree, &case.options);
        drop(shown);
    }
}

/// Up to a kilobyte of pseudorandom bytes (xorshift64*).
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    };
    let words = next() % 128 + 4;
    (0..words).flat_map(|_| next().to_le_bytes()).collect()
}

/// Prints the case if the test panics.
struct PrintOnPanic<'c> {
    seed: u64,
    case: &'c Case,
}

impl Drop for PrintOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("seed {}: {:?}", self.seed, self.case);
        }
    }
}
