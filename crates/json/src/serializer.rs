//! The serializer.

mod arrays;
mod key;
mod layout;
mod objects;
pub(crate) mod raw;
mod reject;
mod scalars;
mod sort_buffer;
mod sort_key;
mod sorting;
mod values;

use std::io;

use serde::Serialize;

use crate::buffer::Buffer;
use crate::encoder::Encoder;
use crate::error::{Error, ErrorKind};
use crate::hook::Position;
use crate::options::Layout;
use crate::serializer::sort_buffer::SortBuffer;

/// Bytes of text that are collected before they go to the writer.
const FLUSH_AT: usize = 16 * 1024;

/// Whether separators can be written without consulting the encoder's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FastPath {
    /// Separators of one byte.
    Compact,
    /// Separators of two bytes.
    Spaced,
    /// No: other separators, sorted keys, or a writer.
    None,
}

/// Serializes one value to a buffer or a writer.
pub(crate) struct Serializer<'e> {
    pub(crate) encoder: &'e Encoder,
    pub(crate) out: Buffer,
    sink: Option<&'e mut dyn io::Write>,
    fast_path: FastPath,
    /// Levels of arrays and objects that may still be opened.
    levels_left: usize,
    /// Levels that replacements of the hook occupy, which do not count for indentation.
    replacements: usize,
    sorting: SortBuffer,
    /// An error occurred, so the text is incomplete.
    failed: bool,
}

impl FastPath {
    #[inline]
    fn new(encoder: &Encoder) -> Self {
        match encoder.layout {
            Layout::Compact if !encoder.sort_keys => Self::Compact,
            Layout::Spaced if !encoder.sort_keys => Self::Spaced,
            _ => Self::None,
        }
    }
}

impl<'e> Serializer<'e> {
    /// Appends to `out`.
    #[inline]
    pub(crate) fn new(encoder: &'e Encoder, out: Buffer) -> Self {
        Self {
            encoder,
            out,
            sink: None,
            fast_path: FastPath::new(encoder),
            levels_left: encoder.max_depth,
            replacements: 0,
            sorting: SortBuffer::default(),
            failed: false,
        }
    }

    /// Writes to `sink` in chunks of some kilobytes.
    pub(crate) fn to_sink(encoder: &'e Encoder, sink: &'e mut dyn io::Write) -> Self {
        let out = Buffer::default();
        Self { sink: Some(sink), fast_path: FastPath::None, ..Self::new(encoder, out) }
    }

    /// Writes `value`.
    #[inline]
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self)?;
        if self.failed {
            return Err(Error::new(ErrorKind::Custom, "the value's `Serialize` ignored an error"));
        }
        Ok(())
    }

    /// Writes the rest to the sink, and flushes it.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.sink.as_mut().map_or(Ok(()), |sink| sink.flush()).map_err(Error::io)
    }

    /// Moves the text to the sink.
    fn flush(&mut self) -> Result<(), Error> {
        if let Some(sink) = &mut self.sink {
            let written = sink.write_all(self.out.text());
            self.out.truncate(0);
            written.map_err(|error| self.fail(Error::io(error)))?;
        }
        Ok(())
    }

    /// Flushes if enough text is collected and no sort may still move it.
    fn flush_if_due(&mut self) -> Result<(), Error> {
        if self.out.len() < FLUSH_AT || self.sorting.is_active() {
            return Ok(());
        }
        self.flush()
    }

    /// Opens an array or an object.
    #[inline]
    fn open(&mut self, bracket: u8) -> Result<(), Error> {
        self.descend()?;
        self.out.push(bracket);
        Ok(())
    }

    #[inline]
    fn descend(&mut self) -> Result<(), Error> {
        match self.levels_left.checked_sub(1) {
            Some(left) => self.levels_left = left,
            None => return Err(self.too_deep()),
        }
        Ok(())
    }

    #[cold]
    fn too_deep(&self) -> Error {
        let limit = self.encoder.max_depth;
        Error::new(
            ErrorKind::Depth,
            format!("arrays and objects are nested more than {limit} deep"),
        )
    }

    /// Closes an array or an object.
    #[inline]
    fn close(&mut self, bracket: u8, empty: bool) {
        self.levels_left += 1;
        if !empty {
            self.break_last_line();
        }
        self.out.push(bracket);
    }

    /// Writes a replacement from the hook.
    pub(crate) fn write_replacement<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        position: Position,
    ) -> Result<(), Error> {
        // A level of depth, so that a hook whose replacement is unsupported again comes to an end.
        self.descend()?;
        self.replacements += 1;
        match position {
            Position::Value => value.serialize(&mut *self)?,
            Position::Key { first } => key::write(value, self, first)?,
        }
        self.replacements -= 1;
        self.levels_left += 1;
        Ok(())
    }

    /// Records an error within an item or member.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.failed = true;
        error
    }
}
