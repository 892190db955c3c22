//! What has no parts.

use std::fmt;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::error::Error;
use crate::hook;
use crate::hook::Place;
use crate::hook::Refused;
use crate::number;
use crate::number::Float;
use crate::options::BytesForm;
use crate::options::NonFinite;
use crate::serializer::FLUSH_AT;
use crate::serializer::Pace;
use crate::serializer::Serializer;
use crate::string;

impl Serializer<'_> {
    #[inline]
    pub(super) fn put_float<F: Float>(&mut self, value: F) -> Result<(), Error> {
        if value.is_plain() {
            number::write_plain(&mut self.out, value);
            return Ok(());
        }
        self.put_rare(value)
    }

    #[cold]
    fn put_rare<F: Float>(&mut self, value: F) -> Result<(), Error> {
        match self.encoder.non_finite {
            NonFinite::Refuse if !value.into().is_finite() => {
                hook::ask(self, Refused::NonFinite(value.into()), Place::Value)
            }
            non_finite => {
                number::write(&mut self.out, value, non_finite);
                Ok(())
            }
        }
    }

    #[inline]
    pub(super) fn put_string(&mut self, text: &str) -> Result<(), Error> {
        if self.pace == Pace::Careful && text.len() > FLUSH_AT {
            return self.put_long(text);
        }
        string::write(&mut self.out, text, self.encoder.plain);
        Ok(())
    }

    /// Writes a long text piece by piece, so that its escapes need no memory.
    #[cold]
    fn put_long(&mut self, mut text: &str) -> Result<(), Error> {
        self.out.push(b'"');
        while !text.is_empty() {
            let end = (FLUSH_AT.min(text.len())..).find(|end| text.is_char_boundary(*end));
            let (piece, rest) = text.split_at(end.unwrap_or(text.len()));
            string::write_content(&mut self.out, piece, self.encoder.plain);
            self.flush_if_due()?;
            text = rest;
        }
        self.out.push(b'"');
        Ok(())
    }

    /// Writes what a value displays.
    pub(super) fn put_displayed<T: fmt::Display + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), Error> {
        self.out.push(b'"');
        let mut content = Content { serializer: self, failed: None };
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
            BytesForm::Array => bytes.serialize(self),
            BytesForm::Base64 => self.put_base64(bytes),
            BytesForm::Refuse => hook::ask(self, Refused::Bytes(bytes), Place::Value),
        }
    }

    fn put_base64(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.push(b'"');
        // What is encoded by itself is a multiple of three bytes, or the end.
        for piece in bytes.chunks(FLUSH_AT / 4 * 3) {
            self.out.extend(STANDARD.encode(piece).as_bytes());
            self.flush_if_due()?;
        }
        self.out.push(b'"');
        Ok(())
    }

    /// Writes a text that is JSON already.
    pub(super) fn put_raw(&mut self, text: &str) -> Result<(), Error> {
        for piece in text.as_bytes().chunks(FLUSH_AT) {
            self.out.extend(piece);
            self.flush_if_due()?;
        }
        Ok(())
    }
}

/// The inside of a string.
struct Content<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    /// Why no more can be written.
    failed: Option<Error>,
}

impl Write for Content<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let serializer = &mut *self.serializer;
        string::write_content(&mut serializer.out, text, serializer.encoder.plain);
        serializer.flush_if_due().map_err(|error| {
            self.failed = Some(error);
            fmt::Error
        })
    }
}
