//! Why a value cannot be written, and where in it.

use std::fmt;

use serde::ser;

/// Why a value cannot be written; it names the place, such as `$.segments[3].start`.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    message: String,
    /// From the inside out.
    path: Vec<Segment>,
}

enum Segment {
    Index(usize),
    Key(String),
}

impl Error {
    pub(crate) fn new(message: String) -> Self {
        Self { inner: Box::new(Inner { message, path: Vec::new() }) }
    }

    /// The error is in the item of that index.
    #[cold]
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        self.inner.path.push(Segment::Index(index));
        self
    }

    /// The error is in the member of that key.
    #[cold]
    pub(crate) fn at_key(mut self, key: &str) -> Self {
        self.inner.path.push(Segment::Key(key.to_owned()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in self.inner.path.iter().rev() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        write!(f, ": {}", self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
