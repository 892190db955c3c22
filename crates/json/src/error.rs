//! Errors, with the path of the value.

mod path;

use std::error::Error as StdError;
use std::{fmt, io};

use serde::ser;

use crate::buffer::Buffer;
use crate::error::path::ValuePath;
use crate::string;
use crate::string::Charset;

/// Why a value cannot be written; the message begins with its path, such as `$.segments[3].start`.
pub struct Error {
    inner: Box<ErrorInner>,
}

struct ErrorInner {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
    path: ValuePath,
}

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// NaN or an infinity, where that is rejected: Python's `ValueError`.
    NonFinite,
    /// Arrays and objects, or a key, are nested too deep: Python's `RecursionError`, and its
    /// `ValueError` for a circular reference.
    Depth,
    /// A key is not a string, number, boolean or null: Python's `TypeError`.
    Key,
    /// The keys of an object cannot be sorted, such as numbers and strings: Python's `TypeError`.
    MixedKeys,
    /// Bytes, where they are rejected: Python's `TypeError`.
    Bytes,
    /// The writer failed; [`source`](StdError::source) is its error.
    /// The path is that of the value being encoded, some kilobytes after the text that was not written.
    Io,
    /// The value's `Serialize` or the hook returned an error.
    Custom,
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (message, path) = (message.into(), ValuePath::default());
        Self { inner: Box::new(ErrorInner { kind, message, source: None, path }) }
    }

    #[cold]
    pub(crate) fn io(error: io::Error) -> Self {
        let mut failed = Self::new(ErrorKind::Io, "cannot write");
        failed.inner.source = Some(error);
        failed
    }

    /// An error for a [hook](crate::Encoder::default) to return.
    #[must_use]
    pub fn custom(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Custom, message.to_string())
    }

    /// The message without the path.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Marks a key as unsupported; the object decides what to do with it.
    #[cold]
    pub(crate) fn unsupported_key() -> Self {
        Self::new(ErrorKind::Key, String::new())
    }

    /// Whether this is [`unsupported_key`](Self::unsupported_key).
    pub(crate) fn is_unsupported_key(&self) -> bool {
        self.inner.kind == ErrorKind::Key && self.inner.message.is_empty()
    }

    #[cold]
    pub(crate) fn not_displayed() -> Self {
        Self::new(ErrorKind::Custom, "the value's `Display` failed")
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The path: `$` is the value itself, `.name` or `["any key"]` a member, `[3]` an item.
    ///
    /// The middle of a path of more than 40 steps is omitted.
    #[must_use]
    pub fn path(&self) -> String {
        self.inner.path.to_string()
    }

    /// Prepends the index of an item to the path.
    #[cold]
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        self.inner.path.push_index(index);
        self
    }

    /// Prepends the name of a member to the path.
    #[cold]
    pub(crate) fn at_name(self, name: &str) -> Self {
        let mut text = Buffer::default();
        string::write(&mut text, name, Charset::Utf8);
        self.at_key(text.text())
    }

    /// Prepends the key of a member, given as JSON text, to the path.
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
    /// The writer's own error, if there is one.
    fn from(error: Error) -> Self {
        match *error.inner {
            ErrorInner { source: Some(source), .. } => source,
            inner => Self::new(io::ErrorKind::InvalidData, Error { inner: Box::new(inner) }),
        }
    }
}
