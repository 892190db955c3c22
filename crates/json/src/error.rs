//! Why a value cannot be written, and where in it.

mod path;

use std::error::Error as StdError;
use std::fmt;
use std::io;

use serde::ser;

use crate::buffer::Buffer;
use crate::error::path::Path;
use crate::string;
use crate::string::Plain;

/// Why a value cannot be written; its text begins with the place, such as `$.segments[3].start`.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
    path: Path,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A float is no number in JSON, and may not be written: Python's `ValueError`.
    NonFinite,
    /// Too many arrays and objects stand within each other, or within a key: Python's
    /// `RecursionError`, and its `ValueError` of a circular reference.
    Depth,
    /// A key is neither a string, a number, a boolean nor null: Python's `TypeError`.
    Key,
    /// Keys are to be sorted that cannot be compared, such as numbers with strings: Python's
    /// `TypeError`.
    MixedKeys,
    /// There are bytes in it, for which no form was chosen: Python's `TypeError`.
    Bytes,
    /// The writer failed; [`source`](StdError::source) says how.
    /// Its place is where the encoder was by then, some kilobytes behind what could not be written.
    Io,
    /// The value's own `Serialize`, or the hook, says that it cannot be written.
    Custom,
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (message, path) = (message.into(), Path::default());
        Self { inner: Box::new(Inner { kind, message, source: None, path }) }
    }

    #[cold]
    pub(crate) fn io(error: io::Error) -> Self {
        let mut failed = Self::new(ErrorKind::Io, "cannot write");
        failed.inner.source = Some(error);
        failed
    }

    /// An error of one's own, for a [hook](crate::Encoder::default) to answer with.
    #[must_use]
    pub fn custom(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Custom, message.to_string())
    }

    /// What is wrong, in words, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// A key is of an odd kind; what becomes of it is for the object to say.
    #[cold]
    pub(crate) fn odd_key() -> Self {
        Self::new(ErrorKind::Key, String::new())
    }

    /// Whether it is that one.
    pub(crate) fn is_odd_key(&self) -> bool {
        self.inner.kind == ErrorKind::Key && self.inner.message.is_empty()
    }

    #[cold]
    pub(crate) fn not_displayed() -> Self {
        Self::new(ErrorKind::Custom, "the value's `Display` failed")
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Where: `$` is the value itself, `.name` or `["any key"]` a member, `[3]` an item.
    ///
    /// Of a place more than 40 levels deep, the middle is left out.
    #[must_use]
    pub fn path(&self) -> String {
        self.inner.path.to_string()
    }

    /// The error is in the item of that index.
    #[cold]
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        self.inner.path.push_index(index);
        self
    }

    /// The error is in the member of that name.
    #[cold]
    pub(crate) fn at_name(self, name: &str) -> Self {
        let mut text = Buffer::default();
        string::write(&mut text, name, Plain::Utf8);
        self.at_key(text.text())
    }

    /// The error is in the member of that key, given as JSON text.
    #[cold]
    pub(crate) fn at_key(mut self, text: &[u8]) -> Self {
        self.inner.path.push_key(text);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.inner.path, self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {self})", self.inner.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_ref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::custom(message)
    }
}

impl From<Error> for io::Error {
    /// What the writer said, where it was the writer.
    fn from(error: Error) -> Self {
        match *error.inner {
            Inner { source: Some(source), .. } => source,
            inner => Self::new(io::ErrorKind::InvalidData, Error { inner: Box::new(inner) }),
        }
    }
}
