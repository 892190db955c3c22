//! Separators and indentation.

use std::ops::Range;

use crate::error::Error;
use crate::serializer::{FastPath, Serializer};
use crate::string;

impl Serializer<'_> {
    /// Writes the separator and indentation before an item.
    #[inline]
    pub(super) fn begin_item(&mut self, first: bool) -> Result<(), Error> {
        match self.fast_path {
            FastPath::None => return self.begin_item_slow(first),
            _ if first => {}
            FastPath::Compact => self.out.push(b','),
            FastPath::Spaced => self.out.extend_prefix(*b", ", 2),
        }
        Ok(())
    }

    /// Writes a string key and the separators around it.
    #[inline(never)]
    pub(super) fn put_key(&mut self, text: &str, first: bool) -> Result<(), Error> {
        self.put_name(text, first)
    }

    /// [`put_key`](Self::put_key) of the name of a field: a constant, which needs no check when it is
    /// run if this is inlined.
    #[inline(always)]
    pub(super) fn put_name(&mut self, text: &str, first: bool) -> Result<(), Error> {
        let gap = match self.fast_path {
            FastPath::Compact => 1,
            FastPath::Spaced => 2,
            FastPath::None => return self.put_key_slow(text, first),
        };
        if string::write_unescaped_key(&mut self.out, text, self.encoder.charset, gap, first) {
            return Ok(());
        }
        self.put_key_slow(text, first)
    }

    #[inline(never)]
    fn put_key_slow(&mut self, text: &str, first: bool) -> Result<(), Error> {
        self.begin_member(first)?;
        self.put_string(text)?;
        self.sort_by_text(text);
        self.separate_key();
        Ok(())
    }

    /// Writes the separator and indentation before a key.
    #[inline]
    pub(super) fn begin_member(&mut self, first: bool) -> Result<(), Error> {
        self.begin_item(first)?;
        self.begin_entry();
        Ok(())
    }

    /// The range of the key that was written after the first `before` bytes; `None` if the key may move
    /// or is not written verbatim.
    pub(super) fn key_since(&self, before: usize, first: bool) -> Option<Range<usize>> {
        let gap = match self.fast_path {
            FastPath::Compact => 1,
            FastPath::Spaced => 2,
            FastPath::None => return None,
        };
        let begin = if first { before } else { before + gap };
        let at = begin..self.out.len() - gap;
        let verbatim = self.encoder.hook.is_none() && !self.out.text()[at.clone()].contains(&b'\\');
        verbatim.then_some(at)
    }

    fn begin_item_slow(&mut self, first: bool) -> Result<(), Error> {
        self.flush_if_due()?;
        self.separate(first);
        Ok(())
    }

    /// Writes the encoder's separator and indentation before an item.
    pub(super) fn separate(&mut self, first: bool) {
        if !first {
            self.out.extend(self.encoder.item_separator().as_bytes());
        }
        self.break_last_line();
    }

    /// Writes the separator between a key and its value.
    #[inline]
    pub(super) fn separate_key(&mut self) {
        match self.fast_path {
            FastPath::Compact => self.out.push(b':'),
            FastPath::Spaced => self.out.extend_prefix(*b": ", 2),
            FastPath::None => {
                self.out.extend(self.encoder.key_separator().as_bytes());
            }
        }
    }

    /// Writes the line break after the last item.
    #[inline]
    pub(super) fn break_last_line(&mut self) {
        if self.fast_path == FastPath::None {
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        let Some(indent) = &self.encoder.indent.0 else { return };
        let levels = self.encoder.max_depth - self.levels_left - self.replacements;
        self.out.push(b'\n');
        for _ in 0..levels {
            self.out.extend(indent.as_bytes());
        }
    }
}
