//! The options of `json.dumps`, by their Python names and with their Python defaults.

use serde::Deserialize;
use universal_worker_json::{Encoder, Error, ErrorKind};

/// Maximum depth: more than any CPython allows, whose limits are between 995 (3.11) and 9,998 (3.13).
pub(crate) const LEVELS: usize = 10_000;

/// The keyword arguments except `cls`; `default` can only be null, since a function is not JSON.
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
    /// In Python `True` is 1.
    Bool(bool),
    /// Spaces per level; a negative number counts as 0.
    Spaces(i16),
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
        // Neither has an effect here: a JSON value has no functions and no cycles.
        let Self { check_circular: _, default: (), .. } = self;
        let encoder = Encoder::python()
            .skipkeys(self.skipkeys)
            .ensure_ascii(self.ensure_ascii)
            .check_circular(LEVELS)
            .allow_nan(self.allow_nan)
            .sort_keys(self.sort_keys)
            .indent(self.indent.as_ref().map(Indent::text));
        match &self.separators {
            Some((item, key)) => encoder.separators(item.clone(), key.clone()),
            None => encoder,
        }
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

/// Whether this error corresponds to Python's `ValueError` or `RecursionError`.
pub(crate) fn python_raises(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NonFinite | ErrorKind::Depth)
}
