//! Strings.

mod escape;
pub(crate) mod scan;

use crate::buffer::Buffer;
use crate::string::escape::write_escapes;
use crate::string::scan::{WORD, copy_clean, first_marked, marks, word_at};

/// The characters that are written without an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// All but control characters, quotes and backslashes.
    Utf8,
    /// Only those of `Utf8` that are printable ASCII: Python's `ensure_ascii`.
    Ascii,
}

/// Writes a quoted string.
#[inline]
pub(crate) fn write(out: &mut Buffer, text: &str, charset: Charset) {
    let bytes = text.as_bytes();
    if bytes.len() >= LONG {
        return write_long(out, text, charset);
    }
    let room = out.room(bytes.len() + 2);
    if let [first, content @ .., last] = room {
        if copy_unescaped(bytes, content, charset) {
            (*first, *last) = (b'"', b'"');
            out.advance(bytes.len() + 2);
            return;
        }
    }
    write_escaped(out, text, charset);
}

/// Bytes from which a string is checked before room is made for it, which would be initialized first.
const LONG: usize = 1024;

#[inline(never)]
fn write_long(out: &mut Buffer, text: &str, charset: Charset) {
    if !is_clean(text.as_bytes(), charset) {
        return write_escaped(out, text, charset);
    }
    out.push(b'"');
    out.extend(text.as_bytes());
    out.push(b'"');
}

/// Writes a quoted key and the separators around it; writes nothing and returns `false` if the key
/// needs an escape.
///
/// Separators are `gap` bytes long: `,` and `:`, or `, ` and `: `; none precedes the `first` key.
#[inline(always)]
pub(crate) fn write_unescaped_key(
    out: &mut Buffer,
    text: &str,
    charset: Charset,
    gap: usize,
    first: bool,
) -> bool {
    let bytes = text.as_bytes();
    let begin = if first { 0 } else { gap };
    let end = begin + 1 + bytes.len();
    let room = out.room(bytes.len() + 6);
    room[..2].copy_from_slice(b", ");
    let copied = copy_unescaped(bytes, &mut room[begin + 1..end], charset);
    if copied {
        room[begin] = b'"';
        room[end..end + 3].copy_from_slice(b"\": ");
        out.advance(end + 1 + gap);
    }
    copied
}

/// Whether a string needs no escape.
fn is_clean(text: &[u8], charset: Charset) -> bool {
    match charset {
        Charset::Utf8 => scan::is_clean::<false>(text),
        Charset::Ascii => scan::is_clean::<true>(text),
    }
}

/// Copies a string to a slice of the same length; returns `false` if it needs an escape.
#[inline(always)]
fn copy_unescaped(from: &[u8], to: &mut [u8], charset: Charset) -> bool {
    match charset {
        Charset::Utf8 => copy_clean::<false>(from, to),
        Charset::Ascii => copy_clean::<true>(from, to),
    }
}

#[inline(never)]
fn write_escaped(out: &mut Buffer, text: &str, charset: Charset) {
    out.push(b'"');
    write_content(out, text, charset);
    out.push(b'"');
}

/// Writes a string with escapes, without quotes.
pub(crate) fn write_content(out: &mut Buffer, text: &str, charset: Charset) {
    match charset {
        Charset::Utf8 => write_pieces::<false>(out, text.as_bytes()),
        Charset::Ascii => write_pieces::<true>(out, text.as_bytes()),
    }
}

/// Bytes of a string for which room is made at once.
const PIECE: usize = 128;

/// Bytes of the longest escape: `\u0000`.
const MAX_ESCAPE: usize = 6;

fn write_pieces<const ASCII: bool>(out: &mut Buffer, bytes: &[u8]) {
    let mut from = 0;
    while from < bytes.len() {
        // The last word or character of a piece is written as a whole.
        let end = bytes.len().min(from + PIECE);
        let room = out.room((end - from + WORD) * MAX_ESCAPE + WORD);
        let mut to = 0;
        while from < end {
            let word = word_at(bytes, from);
            // Bytes after the first mark are overwritten later.
            room[to..to + WORD].copy_from_slice(&word.to_le_bytes());
            let marked = marks::<ASCII>(word);
            if marked == 0 {
                (from, to) = (from + WORD, to + WORD);
                continue;
            }
            let clean = first_marked(marked);
            let (read, written) = write_escapes(&bytes[from + clean..], &mut room[to + clean..]);
            (from, to) = (from + clean + read, to + clean + written);
        }
        // The last word may include padding after the end.
        out.advance(to - from.saturating_sub(bytes.len()));
    }
}

#[cfg(test)]
mod tests;
