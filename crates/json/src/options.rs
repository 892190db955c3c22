//! Types of options that have more choices than Python's `True` and `False`.

use std::borrow::Cow;

/// How to write NaN and the infinities, which JSON does not have: Python's `allow_nan`, and `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NonFinite {
    /// `NaN`, `Infinity` or `-Infinity`, which is not JSON, but which Python reads and writes:
    /// `allow_nan=True`.
    Literal,
    /// An error, unless the [hook](crate::Encoder::default) replaces it: `allow_nan=False`.
    Reject,
    /// `null`, as in serde_json and JavaScript.
    Null,
}

impl From<bool> for NonFinite {
    /// The meaning of Python's `allow_nan`.
    fn from(allow_nan: bool) -> Self {
        if allow_nan { Self::Literal } else { Self::Reject }
    }
}

/// How to write bytes, which JSON does not have: values that call serde's `serialize_bytes`, such as
/// those of the crate `serde_bytes`.
///
/// A plain `Vec<u8>` or `[u8]` is a sequence of numbers to serde, and always becomes an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BytesFormat {
    /// An error, unless the [hook](crate::Encoder::default) replaces it, as in Python.
    Reject,
    /// An array of numbers from 0 to 255.
    Array,
    /// A string in base64 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4), padded),
    /// as `base64.b64encode` writes it.
    Base64,
}

/// The text that indents an item by one level.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Indent(pub(crate) Option<Cow<'static, str>>);

/// The separators, as far as there is a fast path for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `,` and `:`, on one line.
    Compact,
    /// `, ` and `: `, on one line.
    Spaced,
    /// Any others, or line breaks.
    Custom,
}

impl From<u16> for Indent {
    /// A number of spaces; 0 puts each item on its own line without indentation.
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
    /// `None` writes everything on one line.
    fn from(indent: Option<I>) -> Self {
        indent.map_or(Self(None), Into::into)
    }
}
