//! The encoder.

mod options;

use std::borrow::Cow;
use std::{io, mem};

use serde::Serialize;

use crate::buffer::Buffer;
use crate::error::Error;
use crate::hook::Hook;
use crate::options::{BytesFormat, Indent, Layout, NonFinite};
use crate::serializer::Serializer;
use crate::string::Charset;

/// Encodes values as JSON, with the options of Python's `json.JSONEncoder` under the same names.
///
/// | option | [`python()`](Self::python) | [`compact()`](Self::compact) | what it controls |
/// |---|---|---|---|
/// | [`skipkeys`](Self::skipkeys) | `false` | `false` | whether members with unsupported keys are omitted |
/// | [`ensure_ascii`](Self::ensure_ascii) | `true` | `false` | whether `é` is `\u00e9` |
/// | [`check_circular`](Self::check_circular) | 1000 | 1000 | the maximum depth |
/// | [`allow_nan`](Self::allow_nan) | `true` | [`NonFinite::Null`] | how NaN and the infinities are written |
/// | [`sort_keys`](Self::sort_keys) | `false` | `false` | the order of members |
/// | [`indent`](Self::indent) | `None` | `None` | line breaks |
/// | [`separators`](Self::separators) | by `indent` | `,` and `:` | the text between items, and after keys |
/// | [`default`](Self::default) | none | none | replacements for unsupported values |
/// | [`bytes`](Self::bytes) | rejected | [`BytesFormat::Array`] | how bytes are written, which Python rejects |
///
/// Creating an encoder is cheap; with options that need no allocation it can be a `static`, as in
/// `static SORTED: Encoder = Encoder::python().sort_keys(true)`.
///
/// # Examples
/// The comments hold the Python expression for the same text; a test evaluates them.
/// ```
/// use std::collections::BTreeMap;
/// use universal_worker_json::{Encoder, NonFinite, Raw};
///
/// let python = Encoder::python;
/// let pair = BTreeMap::from([("b", 1), ("a", 2)]); // in the order of its keys
/// let list = [1.5, f64::INFINITY];
///
/// assert_eq!(python().to_string(&list)?, "[1.5, Infinity]"); // json.dumps([1.5, inf])
/// assert_eq!(python().to_string("é😀")?, r#""\u00e9\ud83d\ude00""#); // json.dumps("é😀")
/// assert_eq!(python().ensure_ascii(false).to_string("é")?, r#""é""#); // json.dumps("é", ensure_ascii=False)
/// assert!(python().allow_nan(false).to_string(&list).is_err()); // json.dumps([1.5, inf], allow_nan=False) raises ValueError
/// assert_eq!(python().allow_nan(NonFinite::Null).to_string(&list)?, "[1.5, null]");
/// assert_eq!(python().indent(1).to_string(&[1, 2])?, "[\n 1,\n 2\n]"); // json.dumps([1, 2], indent=1)
/// assert_eq!(python().indent("-").to_string(&[()])?, "[\n-null\n]"); // json.dumps([None], indent="-")
/// assert_eq!(python().indent(0).to_string(&[[0; 0]])?, "[\n[]\n]"); // json.dumps([[]], indent=0)
/// assert_eq!(python().separators(";", "=").to_string(&pair)?, r#"{"a"=2;"b"=1}"#); // json.dumps({"a": 2, "b": 1}, separators=(";", "="))
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Encoder {
    pub(crate) skip_keys: bool,
    pub(crate) charset: Charset,
    pub(crate) max_depth: usize,
    pub(crate) non_finite: NonFinite,
    pub(crate) sort_keys: bool,
    pub(crate) indent: Indent,
    /// As set by the caller.
    separators: Option<(Cow<'static, str>, Cow<'static, str>)>,
    pub(crate) hook: Option<Hook>,
    pub(crate) bytes: BytesFormat,
    /// Derived from `indent` and `separators`.
    pub(crate) layout: Layout,
}

/// A buffer for one text after another, which keeps its room.
///
/// # Examples
/// ```
/// use universal_worker_json::{Encoder, TextBuffer};
///
/// let mut buffer = TextBuffer::default();
/// for number in 0..1000 {
///     let line = Encoder::compact().encode_to(&[number], &mut buffer)?;
///     assert_eq!(line, format!("[{number}]").as_bytes());
/// }
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TextBuffer(Buffer);

/// About the depth at which CPython raises `RecursionError`.
const MAX_DEPTH: usize = 1000;

impl Encoder {
    /// The defaults of `json.dumps`.
    ///
    /// ```
    /// # use universal_worker_json::Encoder;
    /// let python = Encoder::python();
    /// assert_eq!(python.to_string(&(1, "a", None::<u8>))?, r#"[1, "a", null]"#); // json.dumps((1, "a", None))
    /// assert_eq!(python.to_string(&(1e16, 1e-5, -0.0))?, "[1e+16, 1e-05, -0.0]"); // json.dumps((1e16, 1e-5, -0.0))
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn python() -> Self {
        Self {
            skip_keys: false,
            charset: Charset::Ascii,
            max_depth: MAX_DEPTH,
            non_finite: NonFinite::Literal,
            sort_keys: false,
            indent: Indent(None),
            separators: None,
            hook: None,
            bytes: BytesFormat::Reject,
            layout: Layout::Spaced,
        }
    }

    /// What the worker sends: no spaces, unescaped UTF-8, `null` for NaN and the infinities, and arrays
    /// for bytes.
    ///
    /// Except for the last two, this is Python's usual compact form; floats have the form of
    /// `float.__repr__` here as well.
    /// ```
    /// # use universal_worker_json::Encoder;
    /// let compact = Encoder::compact();
    /// assert_eq!(compact.to_string(&("é", 1e16))?, r#"["é",1e+16]"#); // json.dumps(["é", 1e16], ensure_ascii=False, separators=(",", ":"))
    /// assert_eq!(compact.to_string(&[f64::NAN])?, "[null]");
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn compact() -> Self {
        Self {
            skip_keys: false,
            charset: Charset::Utf8,
            max_depth: MAX_DEPTH,
            non_finite: NonFinite::Null,
            sort_keys: false,
            indent: Indent(None),
            separators: Some((Cow::Borrowed(","), Cow::Borrowed(":"))),
            hook: None,
            bytes: BytesFormat::Array,
            layout: Layout::Compact,
        }
    }

    /// Encodes `value` as a string.
    ///
    /// # Errors
    /// If the value cannot be written: [`Error::kind`] says why, [`Error::path`] where.
    pub fn to_string<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, Error> {
        let text = String::from_utf8(self.to_vec(value)?);
        Ok(text.expect("the encoder only writes whole characters"))
    }

    /// Encodes `value` as bytes.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string).
    pub fn to_vec<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, Error> {
        let mut serializer = Serializer::new(self, Buffer::default());
        serializer.write(value)?;
        Ok(serializer.out.into_bytes())
    }

    /// Appends the text to a buffer, which is left unchanged if the value cannot be written.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string).
    pub fn encode_into<T: Serialize + ?Sized>(
        &self,
        value: &T,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut borrowed = BorrowedBuf::new(self, buffer);
        borrowed.serializer.write(value)?;
        borrowed.final_len = borrowed.serializer.out.len();
        Ok(())
    }

    /// Encodes `value` to the buffer, instead of the text before.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string).
    #[inline]
    pub fn encode_to<'b, T: Serialize + ?Sized>(
        &self,
        value: &T,
        buffer: &'b mut TextBuffer,
    ) -> Result<&'b [u8], Error> {
        let mut out = mem::take(&mut buffer.0);
        out.truncate(0);
        let mut serializer = Serializer::new(self, out);
        let written = serializer.write(value);
        buffer.0 = serializer.out;
        written.map(|()| buffer.0.text())
    }

    /// Writes the text in chunks of some kilobytes, and flushes the writer at the end.
    ///
    /// Memory use does not depend on the length of the text, except that an object whose keys are
    /// [sorted](Self::sort_keys) is buffered as a whole.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string), and [`ErrorKind::Io`](crate::ErrorKind::Io) if the writer
    /// fails; the text written by then is incomplete.
    pub fn to_writer<T: Serialize + ?Sized>(
        &self,
        value: &T,
        mut writer: impl io::Write,
    ) -> Result<(), Error> {
        let mut serializer = Serializer::to_sink(self, &mut writer);
        serializer.write(value)?;
        serializer.finish()
    }
}

impl TextBuffer {
    /// A buffer without room.
    #[must_use]
    pub const fn new() -> Self {
        Self(Buffer::new())
    }

    /// The text that was encoded last, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Bytes of the room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

/// Takes the caller's buffer and restores it on drop, even if a value's `Serialize` panics.
struct BorrowedBuf<'b, 'e> {
    owner: &'b mut Vec<u8>,
    serializer: Serializer<'e>,
    /// Length of the buffer after the drop.
    final_len: usize,
}

impl<'b, 'e> BorrowedBuf<'b, 'e> {
    #[inline]
    fn new(encoder: &'e Encoder, owner: &'b mut Vec<u8>) -> Self {
        let final_len = owner.len();
        let serializer = Serializer::new(encoder, Buffer::append_to(mem::take(owner)));
        Self { owner, serializer, final_len }
    }
}

impl Drop for BorrowedBuf<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        *self.owner = mem::take(&mut self.serializer.out).into_bytes();
        self.owner.truncate(self.final_len);
    }
}

#[cfg(test)]
mod tests;
