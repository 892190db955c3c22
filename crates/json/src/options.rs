//! What an option can be, where Python's `True` and `False` do not say enough.

use std::borrow::Cow;

/// What becomes of a float that is no number in JSON: Python's `allow_nan`, and one choice more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NonFinite {
    /// `NaN`, `Infinity` or `-Infinity`, which are no JSON, but which Python reads and writes:
    /// `allow_nan=True`.
    Literal,
    /// An error, unless the [hook](crate::Encoder::default) has an answer: `allow_nan=False`.
    Refuse,
    /// `null`, as serde_json and JavaScript write it.
    Null,
}

impl From<bool> for NonFinite {
    /// As Python's `allow_nan` is meant.
    fn from(allow_nan: bool) -> Self {
        if allow_nan { Self::Literal } else { Self::Refuse }
    }
}

/// What becomes of bytes, for which JSON has no form: of values that call serde's
/// `serialize_bytes`, such as those of the crate `serde_bytes`.
///
/// A `Vec<u8>` or `[u8]` by itself is a sequence of numbers to serde, and always an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BytesForm {
    /// An error, unless the [hook](crate::Encoder::default) has an answer, as in Python.
    Refuse,
    /// An array of numbers from 0 to 255.
    Array,
    /// A string in base64 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4), padded),
    /// as `base64.b64encode` writes it.
    Base64,
}

/// What stands before an item for each level it is within.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Indent(pub(crate) Option<Cow<'static, str>>);

impl From<u16> for Indent {
    /// So many spaces; 0 puts items on lines of their own, without any.
    fn from(spaces: u16) -> Self {
        Self(Some(Cow::Owned(" ".repeat(spaces.into()))))
    }
}

impl From<&'static str> for Indent {
    fn from(text: &'static str) -> Self {
        Self(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Indent {
    fn from(text: String) -> Self {
        Self(Some(Cow::Owned(text)))
    }
}

impl<I: Into<Indent>> From<Option<I>> for Indent {
    /// `None`: all on one line.
    fn from(indent: Option<I>) -> Self {
        indent.map_or(Self(None), Into::into)
    }
}
