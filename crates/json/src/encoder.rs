//! The encoder, and the ways in.

mod options;

use std::borrow::Cow;
use std::io;
use std::mem;

use serde::Serialize;

use crate::buffer::Buffer;
use crate::error::Error;
use crate::hook::Hook;
use crate::options::BytesForm;
use crate::options::Indent;
use crate::options::NonFinite;
use crate::serializer::Serializer;
use crate::serializer::layout::Layout;
use crate::string::Plain;

/// Writes JSON; its options are those of Python's `json.JSONEncoder`, under the same names.
///
/// | option | [`python()`](Self::python) | [`compact()`](Self::compact) | what it decides |
/// |---|---|---|---|
/// | [`skipkeys`](Self::skipkeys) | `false` | `false` | whether members with odd keys are left out |
/// | [`ensure_ascii`](Self::ensure_ascii) | `true` | `false` | whether `é` is `\u00e9` |
/// | [`check_circular`](Self::check_circular) | 1000 | 1000 | how deep a value may be |
/// | [`allow_nan`](Self::allow_nan) | `true` | [`NonFinite::Null`] | what NaN and the infinities become |
/// | [`sort_keys`](Self::sort_keys) | `false` | `false` | the order of members |
/// | [`indent`](Self::indent) | `None` | `None` | lines |
/// | [`separators`](Self::separators) | by `indent` | `,` and `:` | what stands between items, and behind keys |
/// | [`default`](Self::default) | none | none | what to write for what is refused |
/// | [`bytes`](Self::bytes) | refused | [`BytesForm::Array`] | what bytes become, which Python refuses |
///
/// An encoder is cheap to make, and with options that need no memory it can be a `static`, as in
/// `static SORTED: Encoder = Encoder::python().sort_keys(true)`.
///
/// # Examples
/// Each line has Python's words for the same text behind it, and a test asks Python.
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

/// About as deep as Python goes before it gives up.
const MAX_DEPTH: usize = 1000;

impl Encoder {
    /// What `json.dumps` writes where it is told nothing else.
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
    ///
    /// But for the last two, it is Python's usual way to be brief; floats have the form of
    /// `float.__repr__` here too.
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

    /// The text.
    ///
    /// # Errors
    /// When the value cannot be written: its [kind](Error::kind) says why, its text where.
    pub fn to_string<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, Error> {
        let text = String::from_utf8(self.to_vec(value)?);
        Ok(text.expect("a text is made of whole texts"))
    }

    /// The text as bytes.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string).
    pub fn to_vec<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, Error> {
        let mut serializer = Serializer::new(self, Buffer::default());
        serializer.write(value)?;
        Ok(serializer.out.into_bytes())
    }

    /// Appends the text to a buffer, which stays as it was where the value cannot be written.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string).
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

    /// Writes the text, some kilobytes at a time, and flushes the writer at the end.
    ///
    /// A value of any length takes the same memory, if its `Serialize` makes its items as it goes.
    ///
    /// Of an object whose keys are to be [sorted](Self::sort_keys), all is kept until it is over.
    ///
    /// # Errors
    /// As [`to_string`](Self::to_string), and of kind [`Io`](crate::ErrorKind::Io) where the writer fails;
    /// what was written by then is no whole text.
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
