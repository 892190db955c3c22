//! Strings.

mod escape;
mod scan;

use crate::buffer::Buffer;
use crate::string::escape::write_escapes;
use crate::string::scan::WORD;
use crate::string::scan::copy_clean;
use crate::string::scan::lowest;
use crate::string::scan::marks;
use crate::string::scan::word_at;

/// What is written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// All but control characters, quotes and backslashes.
    Utf8,
    /// Of these, only what ASCII prints: Python's `ensure_ascii`.
    Ascii,
}

/// Writes a text in quotes.
#[inline]
pub(crate) fn write(out: &mut Buffer, text: &str, plain: Plain) {
    let bytes = text.as_bytes();
    let room = out.room(bytes.len() + 2);
    if let [first, content @ .., last] = room {
        if copy_plain(bytes, content, plain) {
            (*first, *last) = (b'"', b'"');
            out.advance(bytes.len() + 2);
            return;
        }
    }
    write_escaped(out, text, plain);
}

/// Writes a text in quotes and what stands around it in an object, unless it has to be escaped: then
/// nothing is written.
///
/// A separator is `gap` bytes long: `,` and `:`, or `, ` and `: `; the `first` member has none
/// before it.
#[inline]
pub(crate) fn write_plain_key(
    out: &mut Buffer,
    text: &str,
    plain: Plain,
    gap: usize,
    first: bool,
) -> bool {
    let bytes = text.as_bytes();
    let begin = if first { 0 } else { gap };
    let end = begin + 1 + bytes.len();
    let room = out.room(bytes.len() + 6);
    room[..2].copy_from_slice(b", ");
    let copied = copy_plain(bytes, &mut room[begin + 1..end], plain);
    if copied {
        room[begin] = b'"';
        room[end..end + 3].copy_from_slice(b"\": ");
        out.advance(end + 1 + gap);
    }
    copied
}

/// Copies a text to a place of its length, if it needs no escape.
#[inline(always)]
fn copy_plain(from: &[u8], to: &mut [u8], plain: Plain) -> bool {
    match plain {
        Plain::Utf8 => copy_clean::<false>(from, to),
        Plain::Ascii => copy_clean::<true>(from, to),
    }
}

#[inline(never)]
fn write_escaped(out: &mut Buffer, text: &str, plain: Plain) {
    out.push(b'"');
    write_content(out, text, plain);
    out.push(b'"');
}

/// Writes a text with what needs it escaped, without quotes.
pub(crate) fn write_content(out: &mut Buffer, text: &str, plain: Plain) {
    match plain {
        Plain::Utf8 => write_pieces::<false>(out, text.as_bytes()),
        Plain::Ascii => write_pieces::<true>(out, text.as_bytes()),
    }
}

/// Bytes of a text that room is made for at once.
const PIECE: usize = 128;

/// Bytes that become of one at most: `\u0000`.
const LONGEST: usize = 6;

fn write_pieces<const ASCII: bool>(out: &mut Buffer, bytes: &[u8]) {
    let mut from = 0;
    while from < bytes.len() {
        // A piece ends with a whole word or a whole character.
        let end = bytes.len().min(from + PIECE);
        let room = out.room((end - from + WORD) * LONGEST + WORD);
        let mut to = 0;
        while from < end {
            let word = word_at(bytes, from);
            // What stands behind a mark is written over.
            room[to..to + WORD].copy_from_slice(&word.to_le_bytes());
            let marked = marks::<ASCII>(word);
            if marked == 0 {
                (from, to) = (from + WORD, to + WORD);
                continue;
            }
            let plain = lowest(marked);
            let (read, written) = write_escapes(&bytes[from + plain..], &mut room[to + plain..]);
            (from, to) = (from + plain + read, to + plain + written);
        }
        // The last word may have had letters behind the end.
        out.advance(to - from.saturating_sub(bytes.len()));
    }
}

#[cfg(test)]
mod tests;
