//! The options of `json.dumps`, by their Python names and with their Python defaults.

use serde::Deserialize;
use universal_worker_json::Encoder;
use universal_worker_json::Error;
use universal_worker_json::NonFinite;

/// How many arrays and objects may stand within each other: more than Python's recursion limit lets it write.
pub(crate) const LEVELS: usize = 1000;

/// The keyword arguments, `cls` apart; `default` can only be null, since a function is no JSON.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    skipkeys: bool,
    ensure_ascii: bool,
    check_circular: bool,
    allow_nan: bool,
    sort_keys: bool,
    indent: Option<Indent>,
    /// Between items, and between a key and its value.
    separators: Option<(String, String)>,
    default: (),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Indent {
    /// A number too: in Python `True` is 1.
    Bool(bool),
    /// So many spaces a level; none where it is negative.
    Spaces(i64),
    Text(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            skipkeys: false,
            ensure_ascii: true,
            check_circular: true,
            allow_nan: true,
            sort_keys: false,
            indent: None,
            separators: None,
            default: (),
        }
    }
}

impl Options {
    /// The encoder with these options.
    pub(crate) fn encoder(&self) -> Encoder {
        let mut encoder = self.flags(Encoder::python().ensure_ascii(self.ensure_ascii));
        if let Some(indent) = &self.indent {
            encoder = encoder.indent(indent.text());
        }
        if let Some((item, key)) = &self.separators {
            encoder = encoder.separators(item.clone(), key.clone());
        }
        encoder
    }

    // The encoder has no `skipkeys` and no `sort_keys` yet.
    fn flags(&self, encoder: Encoder) -> Encoder {
        let _ = (self.skipkeys, self.sort_keys, self.check_circular, self.default);
        let non_finite = if self.allow_nan { NonFinite::Literal } else { NonFinite::Refuse };
        // Without `check_circular` Python has its recursion limit all the same.
        encoder.non_finite(non_finite).max_depth(LEVELS)
    }
}

impl Indent {
    fn text(&self) -> String {
        match self {
            Self::Bool(spaces) => " ".repeat((*spaces).into()),
            Self::Spaces(spaces) => " ".repeat(usize::try_from(*spaces).unwrap_or(0)),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Whether Python raises `ValueError` or `RecursionError` where the encoder has this error.
pub(crate) fn python_raises(_error: &Error) -> bool {
    // The encoder does not tell kinds of errors yet; others than those two cannot come of JSON.
    true
}
