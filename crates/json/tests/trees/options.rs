//! Options out of bytes.

use std::sync::Arc;

use arbitrary::Arbitrary;
use arbitrary::Result;
use arbitrary::Unstructured;
use universal_worker_json::Answer;
use universal_worker_json::Answered;
use universal_worker_json::BytesForm;
use universal_worker_json::Encoder;
use universal_worker_json::Error;
use universal_worker_json::NonFinite;
use universal_worker_json::Refused;

use super::swallow::OnError;
use super::tree::Leaf;
use super::tree::Number;
use super::tree::Sequence;
use super::tree::Tree;

/// All options of an encoder, and how its text is taken.
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
    pub(crate) bytes: BytesForm,
    /// How many bytes a writer takes at a time.
    pub(crate) step: usize,
    /// Where a writer fails: this many bytes of 65536.
    pub(crate) cut: u16,
}

/// What the hook does.
#[derive(Debug, Clone)]
pub(crate) enum Hook {
    /// Refuses, as if there were none.
    Refuse,
    /// Answers with what was refused, which is refused again.
    Same,
    /// Answers with a text.
    Text,
    /// Answers with that.
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
            Some(hook) => encoder.default(move |refused, answer| hook.answer(refused, answer)),
            None => encoder,
        }
    }

    /// What the hook answers with, where that is known beforehand.
    pub(crate) fn answer(&self) -> Option<&Tree> {
        match &self.hook {
            Some(Hook::Tree(tree)) => Some(tree),
            _ => None,
        }
    }

    /// What stands between things.
    pub(crate) fn layout(&self) -> String {
        let (item, key) = self.separators.clone().unwrap_or_default();
        format!("{item}{key}{}", self.indent.as_deref().unwrap_or_default())
    }
}

impl Hook {
    fn answer<'s>(
        &self,
        refused: Refused<'_>,
        answer: Answer<'s, '_>,
    ) -> Result<Answered<'s>, Error> {
        match (self, refused) {
            (Self::Text, _) => answer.with(&format!("{refused:?}")),
            (Self::Tree(tree), _) => answer.with(tree.as_ref()),
            (Self::Same, Refused::Bytes(bytes)) => {
                answer.with(&Tree::Leaf(Leaf::Bytes(bytes.to_vec())))
            }
            (Self::Same, Refused::NonFinite(value)) => {
                answer.with(&Tree::Leaf(Leaf::Number(Number::F64(value))))
            }
            (Self::Same, Refused::Key(_)) => {
                answer.with(&Tree::Items(Sequence::Tuple, Vec::new(), OnError::Pass))
            }
            _ => Err(refused.into()),
        }
    }
}

/// Levels where there is a hook, which may answer on each of them.
const LEVELS_OF_HOOK: usize = 40;

impl<'a> Arbitrary<'a> for Options {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let hook = hook(u)?;
        let levels = match u.int_in_range(0..=4)? {
            0 => u.int_in_range(0..=12)?,
            1 => usize::MAX,
            _ => 1000,
        };
        let most = if hook.is_some() { LEVELS_OF_HOOK } else { usize::MAX };
        let all = [NonFinite::Literal, NonFinite::Refuse, NonFinite::Null];
        Ok(Self {
            skip_keys: u.arbitrary()?,
            ensure_ascii: u.arbitrary()?,
            levels: levels.min(most),
            non_finite: *u.choose(&all)?,
            sort_keys: u.arbitrary()?,
            indent: indent(u)?,
            separators: separators(u)?,
            hook,
            bytes: *u.choose(&[BytesForm::Refuse, BytesForm::Array, BytesForm::Base64])?,
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
        0 => Some(Hook::Refuse),
        1 => Some(Hook::Same),
        2 => Some(Hook::Text),
        3..=4 => Some(Hook::Tree(Arc::new(patient(u.arbitrary()?)))),
        _ => None,
    })
}

/// What passes over errors would ask the hook again and again, on each level more often.
fn patient(tree: Tree) -> Tree {
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
