//! The text while it is written.

/// Bytes, of which the first are written and the rest is room that is known to be there.
///
/// Room is made once for all parts of a token, and its bytes are set before they are needed: so a
/// token is written by stores alone, without a look at the capacity before each of them.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// How many are written.
    written: usize,
    /// How many were there before.
    before: usize,
}

/// Room is made for at least so much.
const LEAST: usize = 128;

/// Room beyond what is asked for is at most this.
const MOST: usize = 16 * 1024;

impl Buffer {
    /// Writes behind what is in `bytes`.
    #[inline]
    pub(crate) fn behind(bytes: Vec<u8>) -> Self {
        Self { written: bytes.len(), before: bytes.len(), bytes }
    }

    /// What was written.
    #[inline]
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.written);
        self.bytes
    }

    /// How many bytes were written.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.written
    }

    /// What was written.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.written]
    }

    /// Forgets what was written behind the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.written = self.written.min(length);
        self.before = self.before.min(length);
    }

    /// Room for `length` bytes; what is written into it counts once it is
    /// [`advanced`](Self::advance) over.
    #[inline]
    pub(crate) fn room(&mut self, length: usize) -> &mut [u8] {
        if self.bytes.len() - self.written < length {
            self.make_room(length);
        }
        &mut self.bytes[self.written..][..length]
    }

    /// So many bytes of the room are written.
    #[inline]
    pub(crate) fn advance(&mut self, length: usize) {
        self.written += length;
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.written) {
            Some(room) => *room = byte,
            None => self.extend_into_new_room(&[byte]),
        }
        self.written += 1;
    }

    #[inline]
    pub(crate) fn extend(&mut self, text: &[u8]) {
        match self.bytes.get_mut(self.written..self.written + text.len()) {
            Some(room) => room.copy_from_slice(text),
            None => self.extend_into_new_room(text),
        }
        self.written += text.len();
    }

    /// The same for what is seldom longer than 32 bytes.
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

    /// Writes the first `length` of some bytes.
    #[inline]
    pub(crate) fn extend_by_first<const N: usize>(&mut self, bytes: [u8; N], length: usize) {
        match self.bytes.get_mut(self.written..self.written + N) {
            Some(room) => room.copy_from_slice(&bytes),
            None => self.extend_into_new_room(&bytes),
        }
        self.written += length;
    }

    #[cold]
    #[inline(never)]
    fn extend_into_new_room(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, length: usize) {
        // By what is written here, not by what was there: many short texts behind each other would
        // each pay for a long one.
        let more = length.max((self.written - self.before).clamp(LEAST, MOST));
        self.bytes.resize(self.written + more, 0);
    }
}

/// Copies `N` to `2 * N` bytes to a place of their length, by two copies that overlap: of a length that
/// the compiler knows, they are no call.
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
    fn what_is_written_stays_through_growth() {
        let mut buffer = Buffer::behind(b"before".to_vec());
        let mut expected = b"before".to_vec();
        for byte in 0..=255 {
            buffer.push(byte);
            buffer.extend(&[byte; 200]);
            buffer.extend_by_first([byte; 8], 3);
            expected.extend([byte; 204]);
        }
        assert_eq!(buffer.len(), expected.len());
        assert_eq!(buffer.text(), expected);
        buffer.truncate(7);
        assert_eq!(buffer.into_bytes(), b"before\0");
    }
}
