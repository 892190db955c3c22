//! What does not hold yet: each of these is a fault of the encoder that an ignored test of
//! `findings.rs` shows. Whoever mends one takes it away here.

use super::options::Hook;
use super::options::Options;
use super::tree::Leaf;
use super::tree::Tree;

/// Where a `Display` fails of a key, or of a text that is JSON already, there is a panic.
pub(super) fn panics(tree: &Tree) -> bool {
    tree.any(&|tree| match tree {
        Tree::Map(_, members, _) => members.iter().any(|(key, _)| is_shown_badly(key)),
        Tree::Token(_, fields, _) => fields.iter().any(is_shown_badly),
        _ => false,
    })
}

/// The answer of a hook may be a key too.
pub(super) fn panics_as_answer(tree: &Tree) -> bool {
    is_shown_badly(tree) || panics(tree)
}

fn is_shown_badly(tree: &Tree) -> bool {
    match tree {
        Tree::Some(tree) | Tree::NewtypeStruct(tree) => is_shown_badly(tree),
        Tree::Leaf(leaf) => matches!(leaf, Leaf::ShownBadly(_)),
        _ => false,
    }
}

/// What a hook answers stands a level too deep.
pub(super) fn indents_too_much(options: &Options) -> bool {
    options.hook.as_ref().is_some_and(|hook| !matches!(hook, Hook::Refuse))
}

/// The key of a path is the one that was written, or that of the value, as the way has it.
pub(super) const PATHS_DIFFER: bool = true;
