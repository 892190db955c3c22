//! The options, and the ways in.

use std::borrow::Cow;
use std::io;
use std::mem;

use serde::Serialize;

use crate::buffer::Buffer;
use crate::error::Error;
use crate::error::ErrorKind;
use crate::hook::Answer;
use crate::hook::Answered;
use crate::hook::Hook;
use crate::hook::Refused;
use crate::options::BytesForm;
use crate::options::Indent;
use crate::options::NonFinite;
use crate::serializer::Serializer;
use crate::serializer::layout::Layout;
use crate::string::Plain;

/// Writes JSON; its options are those of Python's `json.JSONEncoder`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Encoder {
    pub(crate) skip_keys: bool,
    pub(crate) plain: Plain,
    pub(crate) max_depth: usize,
    pub(crate) non_finite: NonFinite,
    pub(crate) sort_keys: bool,
    pub(crate) indent: Indent,
    /// As they were chosen.
    separators: Option<(Cow<'static, str>, Cow<'static, str>)>,
    pub(crate) hook: Option<Hook>,
    pub(crate) bytes: BytesForm,
    /// What `indent` and `separators` come to.
    pub(crate) layout: Layout,
}

/// As deep as Python goes before it gives up.
const MAX_DEPTH: usize = 1000;

impl Encoder {
    /// What `json.dumps` writes where it is told nothing else.
    pub const fn python() -> Self {
        Self {
            skip_keys: false,
            plain: Plain::Ascii,
            max_depth: MAX_DEPTH,
            non_finite: NonFinite::Literal,
            sort_keys: false,
            indent: Indent(None),
            separators: None,
            hook: None,
            bytes: BytesForm::Refuse,
            layout: Layout::Spaced,
        }
    }

    /// What the worker sends: no spaces, UTF-8 as it is, `null` for floats that are no numbers in
    /// JSON, and bytes as arrays.
    pub const fn compact() -> Self {
        Self {
            skip_keys: false,
            plain: Plain::Utf8,
            max_depth: MAX_DEPTH,
            non_finite: NonFinite::Null,
            sort_keys: false,
            indent: Indent(None),
            separators: Some((Cow::Borrowed(","), Cow::Borrowed(":"))),
            hook: None,
            bytes: BytesForm::Array,
            layout: Layout::Compact,
        }
    }

    /// Whether members of objects are left out whose key is neither a string, a number, a boolean
    /// nor null; they are an error otherwise, unless the hook has an answer.
    pub fn skipkeys(mut self, skipkeys: bool) -> Self {
        self.skip_keys = skipkeys;
        self
    }

    /// Whether all that is not ASCII is escaped, as `\u00e9`.
    pub fn ensure_ascii(mut self, ensure_ascii: bool) -> Self {
        self.plain = if ensure_ascii { Plain::Ascii } else { Plain::Utf8 };
        self
    }

    /// How many arrays and objects may stand within each other.
    pub fn check_circular(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// What becomes of a float that is no number in JSON: Python's `true` and `false`, or
    /// [`NonFinite`].
    pub fn allow_nan(mut self, allow_nan: impl Into<NonFinite>) -> Self {
        self.non_finite = allow_nan.into();
        self
    }

    /// Whether members stand in the order of their keys.
    pub fn sort_keys(mut self, sort_keys: bool) -> Self {
        self.sort_keys = sort_keys;
        self
    }

    /// Puts each item on a line of its own.
    pub fn indent(mut self, indent: impl Into<Indent>) -> Self {
        self.indent = indent.into();
        self.laid_out()
    }

    /// What stands between items, and between a key and its value.
    pub fn separators(
        mut self,
        item: impl Into<Cow<'static, str>>,
        key: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.separators = Some((item.into(), key.into()));
        self.laid_out()
    }

    /// What to write for what would be refused otherwise.
    pub fn default<F>(mut self, hook: F) -> Self
    where
        F: for<'s> Fn(Refused<'_>, Answer<'s, '_>) -> Result<Answered<'s>, Error>
            + Send
            + Sync
            + 'static,
    {
        self.hook = Some(Hook::new(hook));
        self
    }

    /// What becomes of bytes.
    pub fn bytes(mut self, form: BytesForm) -> Self {
        self.bytes = form;
        self
    }

    fn laid_out(mut self) -> Self {
        self.layout = match (&self.indent.0, self.item_separator(), self.key_separator()) {
            (None, ",", ":") => Layout::Compact,
            (None, ", ", ": ") => Layout::Spaced,
            _ => Layout::Custom,
        };
        self
    }

    pub(crate) fn item_separator(&self) -> &str {
        match (&self.separators, &self.indent.0) {
            (Some((item, _)), _) => item,
            (None, None) => ", ",
            (None, Some(_)) => ",",
        }
    }

    pub(crate) fn key_separator(&self) -> &str {
        self.separators.as_ref().map_or(": ", |(_, key)| key)
    }

    /// The text.
    pub fn to_string<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, Error> {
        String::from_utf8(self.to_vec(value)?)
            .map_err(|_| Error::new(ErrorKind::Custom, "a raw value is not UTF-8"))
    }

    /// The text as bytes.
    pub fn to_vec<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, Error> {
        let mut serializer = Serializer::new(self, Buffer::default());
        serializer.write(value)?;
        Ok(serializer.out.into_bytes())
    }

    /// Appends the text to a buffer, which stays as it was where the value cannot be written.
    pub fn encode_into<T: Serialize + ?Sized>(
        &self,
        value: &T,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut lent = Lent::new(self, buffer);
        lent.serializer.write(value)?;
        lent.kept = lent.serializer.out.len();
        Ok(())
    }

    /// Writes the text, some kilobytes at a time.
    pub fn to_writer<T: Serialize + ?Sized>(
        &self,
        value: &T,
        mut writer: impl io::Write,
    ) -> Result<(), Error> {
        let mut serializer = Serializer::to_sink(self, &mut writer);
        serializer.write(value)?;
        serializer.flush()
    }
}

/// A buffer that its owner gets back whatever happens, a panic of a value's `Serialize` included.
struct Lent<'b, 'e> {
    owner: &'b mut Vec<u8>,
    serializer: Serializer<'e>,
    /// Bytes that the owner gets back.
    kept: usize,
}

impl<'b, 'e> Lent<'b, 'e> {
    #[inline]
    fn new(encoder: &'e Encoder, owner: &'b mut Vec<u8>) -> Self {
        let kept = owner.len();
        let serializer = Serializer::new(encoder, Buffer::behind(mem::take(owner)));
        Self { owner, serializer, kept }
    }
}

impl Drop for Lent<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        *self.owner = mem::take(&mut self.serializer.out).into_bytes();
        self.owner.truncate(self.kept);
    }
}

#[cfg(test)]
mod tests;
