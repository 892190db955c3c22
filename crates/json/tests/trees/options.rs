//! Options made from arbitrary bytes.

use std::sync::Arc;

use arbitrary::{Arbitrary, Result, Unstructured};
use universal_worker_json::{
    BytesFormat, Encoder, Error, HookOutcome, NonFinite, Replacement, Unsupported,
};

use super::swallow::OnError;
use super::tree::{Leaf, Number, Sequence, Tree};

/// All options of an encoder, and the behavior of the writers.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) skip_keys: bool,
    pub(crate) ensure_ascii: bool,
    pub(crate) levels: usize,
    pub(crate) non_finite: NonFinite,
    pub(crate) sort_keys: bool,
    pub(crate) indent: Option<String>,
    pub(crate) separators: Option<(String, String)>,
    pub(crate) hook: Option<Hook>,
    pub(crate) bytes: BytesFormat,
    /// Bytes that a slow writer accepts at a time.
    pub(crate) step: usize,
    /// Where a full writer fails, as a fraction of 65536.
    pub(crate) cut: u16,
}

/// The behavior of the hook.
#[derive(Debug, Clone)]
pub(crate) enum Hook {
    /// Rejects, as if there were no hook.
    Reject,
    /// Replaces a value by itself, which is unsupported again.
    Same,
    /// Replaces it by a string.
    Text,
    /// Replaces it by this tree.
    Tree(Arc<Tree>),
}

impl Options {
    pub(crate) fn encoder(&self) -> Encoder {
        let mut encoder = Encoder::python()
            .skipkeys(self.skip_keys)
            .ensure_ascii(self.ensure_ascii)
            .check_circular(self.levels)
            .allow_nan(self.non_finite)
            .sort_keys(self.sort_keys)
            .indent(self.indent.clone())
            .bytes(self.bytes);
        if let Some((item, key)) = self.separators.clone() {
            encoder = encoder.separators(item, key);
        }
        match self.hook.clone() {
            Some(hook) => {
                encoder.default(move |unsupported, replacement| hook.call(unsupported, replacement))
            }
            None => encoder,
        }
    }

    /// The replacement of the hook, if it does not depend on the value.
    pub(crate) fn replacement(&self) -> Option<&Tree> {
        match &self.hook {
            Some(Hook::Tree(tree)) => Some(tree),
            _ => None,
        }
    }

    /// All characters of separators and indentation.
    pub(crate) fn layout(&self) -> String {
        let (item, key) = self.separators.clone().unwrap_or_default();
        format!("{item}{key}{}", self.indent.as_deref().unwrap_or_default())
    }
}

impl Hook {
    fn call<'s>(
        &self,
        unsupported: Unsupported<'_>,
        replacement: Replacement<'s, '_>,
    ) -> Result<HookOutcome<'s>, Error> {
        match (self, unsupported) {
            (Self::Text, _) => replacement.write(&format!("{unsupported:?}")),
            (Self::Tree(tree), _) => replacement.write(tree.as_ref()),
            (Self::Same, Unsupported::Bytes(bytes)) => {
                replacement.write(&Tree::Leaf(Leaf::Bytes(bytes.to_vec())))
            }
            (Self::Same, Unsupported::NonFinite(value)) => {
                replacement.write(&Tree::Leaf(Leaf::Number(Number::F64(value))))
            }
            (Self::Same, Unsupported::Key(_)) => {
                replacement.write(&Tree::Items(Sequence::Tuple, Vec::new(), OnError::Pass))
            }
            _ => Err(unsupported.into()),
        }
    }
}

/// Maximum depth with a hook, which may be called on each level.
const HOOK_LEVELS: usize = 40;

impl<'a> Arbitrary<'a> for Options {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let hook = hook(u)?;
        let levels = match u.int_in_range(0..=4)? {
            0 => u.int_in_range(0..=12)?,
            1 => usize::MAX,
            _ => 1000,
        };
        let most = if hook.is_some() { HOOK_LEVELS } else { usize::MAX };
        let all = [NonFinite::Literal, NonFinite::Reject, NonFinite::Null];
        Ok(Self {
            skip_keys: u.arbitrary()?,
            ensure_ascii: u.arbitrary()?,
            levels: levels.min(most),
            non_finite: *u.choose(&all)?,
            sort_keys: u.arbitrary()?,
            indent: indent(u)?,
            separators: separators(u)?,
            hook,
            bytes: *u.choose(&[BytesFormat::Reject, BytesFormat::Array, BytesFormat::Base64])?,
            step: u.int_in_range(1..=7)?,
            cut: u.arbitrary()?,
        })
    }
}

fn indent(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    Ok(match u.int_in_range(0..=9)? {
        0 => Some(String::new()),
        1 => Some("\t".to_owned()),
        2 => Some(" ".repeat(u.int_in_range(1..=8)?)),
        3 => Some(u.arbitrary()?),
        _ => None,
    })
}

fn separators(u: &mut Unstructured<'_>) -> Result<Option<(String, String)>> {
    let chosen = [(",", ":"), (",", ":"), (", ", ": "), (" , ", "\t:"), ("", ""), ("é", "\n")];
    Ok(match u.int_in_range(0..=9)? {
        0 => Some((u.arbitrary()?, u.arbitrary()?)),
        1..=6 => {
            let (item, key) = u.choose(&chosen)?;
            Some(((*item).to_owned(), (*key).to_owned()))
        }
        _ => None,
    })
}

fn hook(u: &mut Unstructured<'_>) -> Result<Option<Hook>> {
    Ok(match u.int_in_range(0..=11)? {
        0 => Some(Hook::Reject),
        1 => Some(Hook::Same),
        2 => Some(Hook::Text),
        3..=4 => Some(Hook::Tree(Arc::new(without_swallowing(u.arbitrary()?)))),
        _ => None,
    })
}

/// A tree that ignores errors would call the hook exponentially often.
fn without_swallowing(tree: Tree) -> Tree {
    let swallows = tree.any(&|tree| {
        matches!(
            tree,
            Tree::Items(.., OnError::Swallow)
                | Tree::Fields(.., OnError::Swallow)
                | Tree::Map(.., OnError::Swallow)
                | Tree::Token(.., OnError::Swallow)
        )
    });
    if swallows { Tree::Leaf(Leaf::Unit) } else { tree }
}
