//! Ranges of addresses, and of offsets in the file.

/// So many bytes from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) size: u64,
}

impl Span {
    pub(super) fn new(start: u64, size: u64) -> Self {
        Self { start, size }
    }

    pub(super) fn end(self) -> u64 {
        self.start.saturating_add(self.size)
    }

    pub(super) fn holds(self, other: Self) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_itself_and_what_is_in_it() {
        let span = Span::new(10, 10);
        for (start, size, holds, overlaps) in [
            (10, 10, true, true),
            (12, 3, true, true),
            (9, 3, false, true),
            (19, 2, false, true),
            (20, 1, false, false),
            (9, 1, false, false),
            (12, u64::MAX, false, true),
        ] {
            let other = Span::new(start, size);
            assert_eq!((span.holds(other), span.overlaps(other)), (holds, overlaps), "{other:?}");
        }
    }
}
