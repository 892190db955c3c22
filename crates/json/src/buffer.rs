//! The output buffer.

/// Bytes of which a prefix is written, and the rest is spare room.
///
/// Room is made once for all parts of a token, and is initialized in advance, so that a token is
/// written by stores alone, without a capacity check for each.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// Length of the prefix that is written.
    written: usize,
    /// Bytes that the caller had written.
    before: usize,
}

/// Minimum growth in bytes.
const MIN_GROWTH: usize = 128;

/// Maximum growth beyond what is needed, in bytes.
const MAX_GROWTH: usize = 16 * 1024;

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), written: 0, before: 0 }
    }

    /// Appends to `bytes`.
    #[inline]
    pub(crate) fn append_to(bytes: Vec<u8>) -> Self {
        Self { written: bytes.len(), before: bytes.len(), bytes }
    }

    #[inline]
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.written);
        self.bytes
    }

    /// Number of bytes written.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.written
    }

    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The bytes written.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.written]
    }

    /// Drops all but the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.written = self.written.min(length);
        self.before = self.before.min(length);
    }

    /// Room for `length` bytes; [`advance`](Self::advance) makes what is stored there part of the text.
    #[inline]
    pub(crate) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.bytes.len() - self.written < length {
            self.grow(length);
        }
        &mut self.bytes[self.written..][..length]
    }

    /// Makes the first `length` bytes of the room part of the text.
    #[inline]
    pub(crate) fn advance(&mut self, length: usize) {
        self.written += length;
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.written) {
            Some(room) => *room = byte,
            None => self.grow_and_copy(&[byte]),
        }
        self.written += 1;
    }

    #[inline]
    pub(crate) fn extend(&mut self, text: &[u8]) {
        match self.bytes.get_mut(self.written..self.written + text.len()) {
            Some(room) => room.copy_from_slice(text),
            None => self.grow_and_copy(text),
        }
        self.written += text.len();
    }

    /// [`extend`](Self::extend) for text that is rarely longer than 32 bytes.
    #[inline]
    pub(crate) fn extend_short(&mut self, text: &[u8]) {
        let Some(room) = self.bytes.get_mut(self.written..self.written + text.len()) else {
            return self.extend(text);
        };
        match text.len() {
            16..=32 => copy_ends::<16>(text, room),
            8..16 => copy_ends::<8>(text, room),
            4..8 => copy_ends::<4>(text, room),
            _ => room.copy_from_slice(text),
        }
        self.written += text.len();
    }

    /// Writes the first `length` of `bytes`.
    #[inline]
    pub(crate) fn extend_prefix<const N: usize>(&mut self, bytes: [u8; N], length: usize) {
        match self.bytes.get_mut(self.written..self.written + N) {
            Some(room) => room.copy_from_slice(&bytes),
            None => self.grow_and_copy(&bytes),
        }
        self.written += length;
    }

    #[cold]
    #[inline(never)]
    fn grow_and_copy(&mut self, bytes: &[u8]) {
        if bytes.len() < MAX_GROWTH {
            self.room(bytes.len()).copy_from_slice(bytes);
        } else {
            // Long room is not initialized first.
            self.bytes.truncate(self.written);
            self.bytes.extend_from_slice(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, length: usize) {
        // In proportion to this text only: else each of many short texts appended to a long buffer
        // would pay for its whole length.
        let more = length.max((self.written - self.before).clamp(MIN_GROWTH, MAX_GROWTH));
        self.bytes.resize(self.written + more, 0);
    }
}

/// Copies `N` to `2 * N` bytes to a slice of the same length, as two overlapping copies of a constant
/// length, which need no call to memcpy.
#[inline]
pub(crate) fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(first), Some(place)) = (from.first_chunk::<N>(), to.first_chunk_mut()) {
        *place = *first;
    }
    if let (Some(last), Some(place)) = (from.last_chunk::<N>(), to.last_chunk_mut()) {
        *place = *last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_keeps_the_text() {
        let mut buffer = Buffer::append_to(b"before".to_vec());
        let mut expected = b"before".to_vec();
        for byte in 0..=255 {
            buffer.push(byte);
            buffer.extend(&[byte; 200]);
            buffer.extend_prefix([byte; 8], 3);
            expected.extend([byte; 204]);
        }
        assert_eq!(buffer.len(), expected.len());
        assert_eq!(buffer.text(), expected);
        buffer.truncate(7);
        assert_eq!(buffer.into_bytes(), b"before\0");
    }
}
