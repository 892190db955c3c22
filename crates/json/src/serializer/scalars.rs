//! Floats, strings, bytes and raw text.

use std::fmt;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::error::Error;
use crate::hook::{Position, Unsupported};
use crate::number::Float;
use crate::options::{BytesFormat, NonFinite};
use crate::serializer::{FLUSH_AT, FastPath, Serializer};
use crate::{hook, number, string};

impl Serializer<'_> {
    #[inline]
    pub(super) fn put_float<F: Float>(&mut self, value: F) -> Result<(), Error> {
        if value.is_plain() {
            number::write_plain(&mut self.out, value);
            return Ok(());
        }
        self.put_unusual_float(value)
    }

    #[cold]
    fn put_unusual_float<F: Float>(&mut self, value: F) -> Result<(), Error> {
        match self.encoder.non_finite {
            NonFinite::Reject if !value.into().is_finite() => {
                hook::call(self, Unsupported::NonFinite(value.into()), Position::Value)
            }
            non_finite => {
                number::write(&mut self.out, value, non_finite);
                Ok(())
            }
        }
    }

    #[inline]
    pub(super) fn put_string(&mut self, text: &str) -> Result<(), Error> {
        if self.fast_path == FastPath::None && text.len() > FLUSH_AT {
            return self.put_long(text);
        }
        string::write(&mut self.out, text, self.encoder.charset);
        Ok(())
    }

    /// Writes a long string in pieces, to bound the memory for its escapes.
    #[cold]
    fn put_long(&mut self, mut text: &str) -> Result<(), Error> {
        self.out.push(b'"');
        while !text.is_empty() {
            let end = (FLUSH_AT.min(text.len())..).find(|end| text.is_char_boundary(*end));
            let (piece, rest) = text.split_at(end.unwrap_or(text.len()));
            string::write_content(&mut self.out, piece, self.encoder.charset);
            self.flush_if_due()?;
            text = rest;
        }
        self.out.push(b'"');
        Ok(())
    }

    /// Writes the `Display` form of a value as a string.
    pub(super) fn put_displayed<T: fmt::Display + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), Error> {
        self.out.push(b'"');
        let mut content = StringWriter { serializer: self, failed: None };
        let displayed = write!(content, "{value}");
        if let Some(error) = content.failed {
            return Err(error);
        }
        displayed.map_err(|_| Error::not_displayed())?;
        self.out.push(b'"');
        Ok(())
    }

    pub(super) fn put_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self.encoder.bytes {
            BytesFormat::Array => bytes.serialize(self),
            BytesFormat::Base64 => self.put_base64(bytes),
            BytesFormat::Reject => hook::call(self, Unsupported::Bytes(bytes), Position::Value),
        }
    }

    fn put_base64(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.push(b'"');
        // Pieces of a multiple of three bytes need no padding.
        for piece in bytes.chunks(FLUSH_AT / 4 * 3) {
            self.out.extend(STANDARD.encode(piece).as_bytes());
            self.flush_if_due()?;
        }
        self.out.push(b'"');
        Ok(())
    }

    /// Writes text that is already JSON.
    pub(super) fn put_raw(&mut self, text: &str) -> Result<(), Error> {
        if self.fast_path != FastPath::None {
            self.out.extend(text.as_bytes());
            return Ok(());
        }
        for piece in text.as_bytes().chunks(FLUSH_AT) {
            self.out.extend(piece);
            self.flush_if_due()?;
        }
        Ok(())
    }
}

/// Writes formatted text as the content of a string.
struct StringWriter<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    /// The error of the sink.
    failed: Option<Error>,
}

impl Write for StringWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let serializer = &mut *self.serializer;
        string::write_content(&mut serializer.out, text, serializer.encoder.charset);
        serializer.flush_if_due().map_err(|error| {
            self.failed = Some(error);
            fmt::Error
        })
    }
}
