//! What holds of any value under any options.
//!
//! `tests/trees.rs` and the target `trees` of `fuzz/` are made of this.

mod check;
mod grow;
mod json;
mod layout;
mod options;
mod serialize;
mod sinks;
pub(crate) mod swallow;
pub(crate) mod tree;
mod ways;

use arbitrary::Arbitrary;
pub(crate) use check::check;
pub(crate) use options::Options;
pub(crate) use tree::Tree;

/// A value, and how it is written.
#[derive(Debug, Arbitrary)]
pub(crate) struct Case {
    pub(crate) options: Options,
    pub(crate) tree: Tree,
}
