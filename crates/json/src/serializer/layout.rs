//! What stands between things.

use std::ops::Range;

use crate::error::Error;
use crate::serializer::Pace;
use crate::serializer::Serializer;
use crate::string;

/// The separators, as far as they are known when this is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `,` and `:`, all on one line.
    Compact,
    /// `, ` and `: `, all on one line.
    Spaced,
    /// As the encoder's fields say.
    Custom,
}

impl Serializer<'_> {
    /// Writes what stands before an item.
    #[inline]
    pub(super) fn begin_item(&mut self, first: bool) -> Result<(), Error> {
        match self.pace {
            Pace::Careful => return self.begin_item_carefully(first),
            _ if first => {}
            Pace::Compact => self.out.push(b','),
            Pace::Spaced => self.out.extend_by_first(*b", ", 2),
        }
        Ok(())
    }

    /// Writes a key that is a text, and what stands around it.
    #[inline]
    pub(super) fn put_key(&mut self, text: &str, first: bool) -> Result<(), Error> {
        let gap = match self.pace {
            Pace::Compact => 1,
            Pace::Spaced => 2,
            Pace::Careful => return self.put_key_carefully(text, first),
        };
        if string::write_plain_key(&mut self.out, text, self.encoder.plain, gap, first) {
            return Ok(());
        }
        self.put_key_carefully(text, first)
    }

    #[inline(never)]
    fn put_key_carefully(&mut self, text: &str, first: bool) -> Result<(), Error> {
        self.begin_member(first)?;
        self.put_string(text)?;
        self.sort_by_text(text);
        self.separate_key();
        Ok(())
    }

    /// Writes what stands before a key.
    #[inline]
    pub(super) fn begin_member(&mut self, first: bool) -> Result<(), Error> {
        self.begin_item(first)?;
        self.begin_entry();
        Ok(())
    }

    /// Where the key stands that was written since there were `before` bytes; none if it may move, or
    /// is not written as it is.
    pub(super) fn key_since(&self, before: usize, first: bool) -> Option<Range<usize>> {
        let gap = match self.pace {
            Pace::Compact => 1,
            Pace::Spaced => 2,
            Pace::Careful => return None,
        };
        let begin = if first { before } else { before + gap };
        let at = begin..self.out.len() - gap;
        let as_it_is = self.encoder.hook.is_none() && !self.out.text()[at.clone()].contains(&b'\\');
        as_it_is.then_some(at)
    }

    fn begin_item_carefully(&mut self, first: bool) -> Result<(), Error> {
        self.flush_if_due()?;
        self.separate(first);
        Ok(())
    }

    /// What stands before an item, by the encoder's layout.
    pub(super) fn separate(&mut self, first: bool) {
        if !first {
            self.out.extend(self.encoder.item_separator().as_bytes());
        }
        self.end_last_line();
    }

    /// What stands between a key and its value.
    #[inline]
    pub(super) fn separate_key(&mut self) {
        match self.pace {
            Pace::Compact => self.out.push(b':'),
            Pace::Spaced => self.out.extend_by_first(*b": ", 2),
            Pace::Careful => {
                self.out.extend(self.encoder.key_separator().as_bytes());
            }
        }
    }

    /// What stands behind the last item.
    #[inline]
    pub(super) fn end_last_line(&mut self) {
        if self.pace == Pace::Careful {
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        let Some(indent) = &self.encoder.indent.0 else { return };
        let levels = self.encoder.max_depth - self.levels_left - self.answers;
        self.out.push(b'\n');
        for _ in 0..levels {
            self.out.extend(indent.as_bytes());
        }
    }
}
