//! The options, and the ways in.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use crate::error::Error;
use crate::number::Floats;
use crate::serializer::Serializer;

/// Writes JSON; its options are those of Python's `json.JSONEncoder`, where they are here.
///
/// | Python | here |
/// |---|---|
/// | `ensure_ascii` | [`ensure_ascii`](Self::ensure_ascii) |
/// | `check_circular` | [`max_depth`](Self::max_depth): a Rust value has no cycles, but can be deep |
/// | `allow_nan` | [`non_finite`](Self::non_finite) |
/// | `indent` | [`indent`](Self::indent) |
/// | `separators` | [`separators`](Self::separators) |
#[derive(Debug, Clone)]
pub struct Encoder {
    pub(crate) ensure_ascii: bool,
    pub(crate) non_finite: NonFinite,
    pub(crate) floats: Floats,
    pub(crate) item_separator: Cow<'static, str>,
    pub(crate) key_separator: Cow<'static, str>,
    pub(crate) indent: Option<Cow<'static, str>>,
    pub(crate) max_depth: usize,
}

/// What becomes of a float that is no number in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonFinite {
    /// `null`.
    Null,
    /// `NaN`, `Infinity` or `-Infinity`, which are no JSON, but which Python reads and writes.
    Literal,
    /// An error.
    Refuse,
}

/// As deep as Python goes before it gives up.
const MAX_DEPTH: usize = 1000;

impl Encoder {
    /// What the worker sends: no spaces, UTF-8 as it is, and `null` for what is no number.
    #[must_use]
    pub const fn compact() -> Self {
        Self {
            ensure_ascii: false,
            non_finite: NonFinite::Null,
            floats: Floats::Shortest,
            item_separator: Cow::Borrowed(","),
            key_separator: Cow::Borrowed(":"),
            indent: None,
            max_depth: MAX_DEPTH,
        }
    }

    /// What `json.dumps` writes where it is told nothing else.
    #[must_use]
    pub const fn python() -> Self {
        Self {
            ensure_ascii: true,
            non_finite: NonFinite::Literal,
            floats: Floats::Repr,
            item_separator: Cow::Borrowed(", "),
            key_separator: Cow::Borrowed(": "),
            indent: None,
            max_depth: MAX_DEPTH,
        }
    }

    /// Whether all that is not ASCII is escaped, as `\u00e9`.
    #[must_use]
    pub fn ensure_ascii(mut self, ensure_ascii: bool) -> Self {
        self.ensure_ascii = ensure_ascii;
        self
    }

    /// What becomes of a float that is no number in JSON.
    #[must_use]
    pub fn non_finite(mut self, non_finite: NonFinite) -> Self {
        self.non_finite = non_finite;
        self
    }

    /// What stands between items, and between a key and its value.
    #[must_use]
    pub fn separators(
        mut self,
        item: impl Into<Cow<'static, str>>,
        key: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.item_separator = item.into();
        self.key_separator = key.into();
        self
    }

    /// Puts each item on a line of its own, with this before it for each level; as in Python the
    /// item separator then has no space at its end.
    #[must_use]
    pub fn indent(mut self, indent: impl Into<Cow<'static, str>>) -> Self {
        self.indent = Some(indent.into());
        if self.item_separator == ", " {
            self.item_separator = Cow::Borrowed(",");
        }
        self
    }

    /// How many arrays and objects may stand within each other (1000).
    #[must_use]
    pub fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// The text as bytes.
    ///
    /// # Errors
    /// When the value cannot be written; so all functions below.
    pub fn to_vec<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, Error> {
        let mut text = Vec::with_capacity(128);
        self.write(value, &mut text)?;
        Ok(text)
    }

    /// The text.
    ///
    /// # Errors
    /// As [`to_vec`](Self::to_vec).
    pub fn to_string<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, Error> {
        String::from_utf8(self.to_vec(value)?)
            .map_err(|_| Error::new("a raw value is not UTF-8".to_owned()))
    }

    /// Appends the text to a buffer, which stays as it was where the value cannot be written.
    ///
    /// # Errors
    /// As [`to_vec`](Self::to_vec).
    pub fn encode_into<T: Serialize + ?Sized>(
        &self,
        value: &T,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let before = buffer.len();
        self.write(value, buffer).inspect_err(|_| buffer.truncate(before))
    }

    /// Writes the text, all at once.
    ///
    /// # Errors
    /// As [`to_vec`](Self::to_vec), with nothing written; or what the writer says.
    pub fn to_writer<T: Serialize + ?Sized>(
        &self,
        value: &T,
        mut writer: impl io::Write,
    ) -> io::Result<()> {
        writer.write_all(&self.to_vec(value).map_err(io::Error::other)?)
    }

    fn write<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
        value.serialize(&mut Serializer::new(self, out))
    }
}

#[cfg(test)]
mod tests;
