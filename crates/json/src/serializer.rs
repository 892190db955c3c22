//! serde's serializer, over a buffer.

mod items;
mod key;
pub(crate) mod layout;
mod members;
pub(crate) mod raw;
mod refusals;
mod scalars;
mod sorting;
mod values;

use std::io;

use serde::Serialize;

use crate::buffer::Buffer;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::error::ErrorKind;
use crate::hook::Place;
use crate::serializer::layout::Layout;
use crate::serializer::sorting::Sorting;

/// Bytes above which text goes to the writer.
const FLUSH_AT: usize = 16 * 1024;

/// How much there is to think of before an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// A separator of one byte.
    Compact,
    /// One of two.
    Spaced,
    /// Other separators, the order of keys, or a sink.
    Careful,
}

/// What is being written, and where it stands.
pub(crate) struct Serializer<'e> {
    pub(crate) encoder: &'e Encoder,
    pub(crate) out: Buffer,
    sink: Option<&'e mut dyn io::Write>,
    pace: Pace,
    /// How many more arrays and objects may be opened.
    levels_left: usize,
    /// How many of them were given to answers of the hook, which are no levels of the text.
    answers: usize,
    sorting: Sorting,
    /// An error came by: what is written is not whole.
    failed: bool,
}

impl Pace {
    #[inline]
    fn of(encoder: &Encoder) -> Self {
        match encoder.layout {
            Layout::Compact if !encoder.sort_keys => Self::Compact,
            Layout::Spaced if !encoder.sort_keys => Self::Spaced,
            _ => Self::Careful,
        }
    }
}

impl<'e> Serializer<'e> {
    /// Writes behind what is in `out`.
    #[inline]
    pub(crate) fn new(encoder: &'e Encoder, out: Buffer) -> Self {
        Self {
            encoder,
            out,
            sink: None,
            pace: Pace::of(encoder),
            levels_left: encoder.max_depth,
            answers: 0,
            sorting: Sorting::default(),
            failed: false,
        }
    }

    /// Writes to `sink`, some kilobytes at a time.
    pub(crate) fn to_sink(encoder: &'e Encoder, sink: &'e mut dyn io::Write) -> Self {
        let out = Buffer::default();
        Self { sink: Some(sink), pace: Pace::Careful, ..Self::new(encoder, out) }
    }

    /// Writes `value` whole.
    #[inline]
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self)?;
        if self.failed {
            return Err(Error::new(ErrorKind::Custom, "the value passed over an error within it"));
        }
        Ok(())
    }

    /// Hands the rest to the sink, and has it do the same.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.sink.as_mut().map_or(Ok(()), |sink| sink.flush()).map_err(Error::io)
    }

    /// Hands what is written to the sink.
    fn flush(&mut self) -> Result<(), Error> {
        if let Some(sink) = &mut self.sink {
            let written = sink.write_all(self.out.text());
            self.out.truncate(0);
            written.map_err(|error| self.passed(Error::io(error)))?;
        }
        Ok(())
    }

    /// The same where there is enough of it, and none of it may still move.
    fn flush_if_due(&mut self) -> Result<(), Error> {
        if self.out.len() < FLUSH_AT || self.sorting.is_under_way() {
            return Ok(());
        }
        self.flush()
    }

    /// Begins an array or an object.
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

    /// Ends an array or an object.
    #[inline]
    fn close(&mut self, bracket: u8, empty: bool) {
        self.levels_left += 1;
        if !empty {
            self.end_last_line();
        }
        self.out.push(bracket);
    }

    /// Writes what the hook has for something else.
    pub(crate) fn instead<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        place: Place,
    ) -> Result<(), Error> {
        // A hook whose answer is refused again would go on for ever.
        self.descend()?;
        self.answers += 1;
        match place {
            Place::Value => value.serialize(&mut *self)?,
            Place::Key { first } => key::write(value, self, first)?,
        }
        self.answers -= 1;
        self.levels_left += 1;
        Ok(())
    }

    /// The error is in an item or a member that was begun.
    #[cold]
    fn passed(&mut self, error: Error) -> Error {
        self.failed = true;
        error
    }
}
