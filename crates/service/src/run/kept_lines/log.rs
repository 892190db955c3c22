//! The lines of a kept stream in memory.

use std::collections::VecDeque;

use bytes::Bytes;
use memchr::memchr_iter;

/// Bytes of a chunk; a longer line is a chunk of its own.
pub(super) const CHUNK: usize = 64 * 1024;

/// Bytes that the first chunk begins with.
const MIN_CAPACITY: usize = 512;

/// Consecutive lines, each a value and its line feed, numbered from 0.
///
/// Lines are added at the end and dropped at the beginning, a chunk at a time.
#[derive(Debug, Default)]
pub(super) struct LineLog {
    /// Complete chunks; a reader shares their memory.
    full: VecDeque<Chunk>,
    /// The chunk that grows; a reader copies it.
    tail: Vec<u8>,
    /// Number of the first line of `tail`.
    tail_first: u64,
    /// Number of the next line.
    end: u64,
    size: usize,
}

#[derive(Debug)]
struct Chunk {
    /// Number of its first line.
    first: u64,
    bytes: Bytes,
}

/// Where a reader goes on: at a line, and where this line begins in its chunk if that is known.
///
/// A chunk only grows at its end, so a known beginning stays true until the line is dropped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub(super) line: u64,
    offset: Option<usize>,
}

impl LineLog {
    /// Number of the first line that is kept; that of the next line if none is.
    pub(super) fn first(&self) -> u64 {
        self.full.front().map_or(self.tail_first, |chunk| chunk.first)
    }

    /// Number of the next line.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether no line is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.first() == self.end
    }

    /// Bytes of memory that the lines take.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The number after the last line of the oldest chunk; `None` if no line is kept.
    pub(super) fn end_of_oldest(&self) -> Option<u64> {
        match self.full.len() {
            0 => (!self.tail.is_empty()).then_some(self.end),
            1 => Some(self.tail_first),
            _ => self.full.get(1).map(|chunk| chunk.first),
        }
    }

    /// Whether a line of `len` bytes, with its line feed, needs no more memory.
    pub(super) fn has_space(&self, len: usize) -> bool {
        self.tail.capacity() - self.tail.len() >= len
    }

    /// The size after a line of `len` bytes, with its line feed.
    pub(super) fn size_with(&self, len: usize) -> usize {
        if self.has_space(len) {
            return self.size;
        }
        let others = self.size - self.tail.capacity();
        match self.larger_tail(len) {
            Some(capacity) => others + capacity,
            None => others + self.tail.len() + len.max(CHUNK),
        }
    }

    /// Appends a value as a line.
    pub(super) fn append(&mut self, value: &[u8]) {
        if !self.has_space(value.len() + 1) {
            self.grow(value.len() + 1);
        }
        self.tail.extend_from_slice(value);
        self.tail.push(b'\n');
        self.end += 1;
    }

    /// Counts a line that is not kept, and drops all before it.
    pub(super) fn skip(&mut self) {
        self.clear();
        self.end += 1;
        self.tail_first = self.end;
    }

    pub(super) fn drop_oldest(&mut self) {
        match self.full.pop_front() {
            Some(chunk) => self.size -= chunk.bytes.len(),
            None => self.clear(),
        }
    }

    /// Drops all lines.
    pub(super) fn clear(&mut self) {
        *self = Self { tail_first: self.end, end: self.end, ..Self::default() };
    }

    /// Ends the growth: the lines take no more memory than they need.
    pub(super) fn seal(&mut self) {
        self.close_tail();
        self.full.shrink_to_fit();
    }

    /// Lines from a position on, and the position after them; `None` if there are none yet.
    ///
    /// The line must not have been dropped.
    pub(super) fn read(&self, at: Position) -> Option<(Bytes, Position)> {
        debug_assert!(at.line >= self.first(), "line {} was dropped", at.line);
        if at.line >= self.end {
            return None;
        }
        if at.line >= self.tail_first {
            let offset = at.offset_in(self.tail_first, &self.tail);
            let next = Position { line: self.end, offset: Some(self.tail.len()) };
            return Some((Bytes::copy_from_slice(&self.tail[offset..]), next));
        }
        let after = self.full.partition_point(|chunk| chunk.first <= at.line);
        let chunk = &self.full[after - 1];
        let line = self.full.get(after).map_or(self.tail_first, |chunk| chunk.first);
        let rest = chunk.bytes.slice(at.offset_in(chunk.first, &chunk.bytes)..);
        Some((rest, Position::from(line)))
    }

    /// The capacity with which the tail has space for `len` bytes more; `None` if it ends here.
    fn larger_tail(&self, len: usize) -> Option<usize> {
        let needed = self.tail.len() + len;
        // A stream that is longer than a chunk will need whole ones.
        let least = if self.tail_first == 0 { MIN_CAPACITY } else { CHUNK };
        let doubled = (2 * self.tail.capacity()).max(least).min(CHUNK);
        (needed <= CHUNK).then(|| doubled.max(needed))
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let capacity = self.larger_tail(len).unwrap_or_else(|| {
            self.close_tail();
            len.max(CHUNK)
        });
        self.size -= self.tail.capacity();
        self.tail.reserve_exact(capacity - self.tail.len());
        self.size += self.tail.capacity();
    }

    fn close_tail(&mut self) {
        self.size -= self.tail.capacity();
        if !self.tail.is_empty() {
            let mut bytes = std::mem::take(&mut self.tail);
            bytes.shrink_to_fit();
            self.size += bytes.len();
            self.full.push_back(Chunk { first: self.tail_first, bytes: Bytes::from(bytes) });
        }
        self.tail = Vec::new();
        self.tail_first = self.end;
    }
}

impl From<u64> for Position {
    fn from(line: u64) -> Self {
        Self { line, offset: None }
    }
}

impl Position {
    /// Where the line begins in a chunk whose first line is `first`.
    fn offset_in(self, first: u64, chunk: &[u8]) -> usize {
        if self.line == first {
            return 0;
        }
        self.offset.unwrap_or_else(|| {
            let skipped = usize::try_from(self.line - first).expect("a line has a byte");
            let feed = memchr_iter(b'\n', chunk).nth(skipped - 1);
            feed.expect("the chunk has the line") + 1
        })
    }
}
