//! Properties that hold for any value under any options, shared by `tests/trees.rs` and the fuzz target
//! `trees`.

mod check;
mod grow;
mod json;
mod layout;
mod options;
mod outputs;
mod serialize;
pub(crate) mod swallow;
pub(crate) mod tree;
mod writers;

use arbitrary::Arbitrary;
pub(crate) use check::check;
pub(crate) use options::Options;
pub(crate) use tree::Tree;

/// A value and the options to encode it with.
#[derive(Debug, Arbitrary)]
pub(crate) struct Case {
    pub(crate) options: Options,
    pub(crate) tree: Tree,
}
