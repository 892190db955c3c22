//! Text in a buffer of fixed size, for code that must not allocate.

use std::fmt;

/// Up to `N` bytes; what does not fit is dropped.
pub(super) struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn room(&self) -> usize {
        N - self.length
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// Removes the last bytes.
    pub(super) fn truncate_by(&mut self, by: usize) {
        self.length = self.length.saturating_sub(by);
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(self.room());
        let (from, to) = (bytes.get(..taken), self.bytes.get_mut(self.length..self.length + taken));
        if let Some((from, to)) = from.zip(to) {
            to.copy_from_slice(from);
            self.length += taken;
        }
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn excess_text_is_dropped() {
        let mut text = Text::<8>::new();
        write!(text, "{:#x}", 255).unwrap();
        assert_eq!((text.bytes(), text.room()), (&b"0xff"[..], 4));
        text.push(b"123456");
        assert_eq!((text.bytes(), text.room()), (&b"0xff1234"[..], 0));
        text.push(b"5");
        text.truncate_by(4);
        assert_eq!(text.bytes(), b"0xff");
    }
}
