//! Strings.

/// How a byte is escaped: not at all, by a letter, or as `\u00xx`.
const fn escapes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'\n' as usize] = b'n';
    table[b'\r' as usize] = b'r';
    table[b'\t' as usize] = b't';
    table[0x08] = b'b';
    table[0x0C] = b'f';
    table
}

static ESCAPES: [u8; 256] = escapes();

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes a string with its quotes.
pub(crate) fn write(out: &mut Vec<u8>, text: &str, ensure_ascii: bool) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    if ensure_ascii && !text.is_ascii() {
        write_ascii(out, text);
    } else {
        write_utf8(out, text);
    }
    out.push(b'"');
}

fn write_utf8(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(*byte)];
        if escape != 0 {
            out.extend_from_slice(&bytes[written..at]);
            write_escape(out, *byte, escape);
            written = at + 1;
        }
    }
    out.extend_from_slice(&bytes[written..]);
}

fn write_ascii(out: &mut Vec<u8>, text: &str) {
    let mut units = [0; 2];
    for character in text.chars() {
        if let Ok(byte @ 0..0x80) = u8::try_from(character) {
            match ESCAPES[usize::from(byte)] {
                0 => out.push(byte),
                escape => write_escape(out, byte, escape),
            }
        } else {
            character.encode_utf16(&mut units).iter().for_each(|unit| write_unit(out, *unit));
        }
    }
}

fn write_escape(out: &mut Vec<u8>, byte: u8, escape: u8) {
    if escape == b'u' {
        write_unit(out, u16::from(byte));
    } else {
        out.extend_from_slice(&[b'\\', escape]);
    }
}

fn write_unit(out: &mut Vec<u8>, unit: u16) {
    let digit = |shift: u16| HEX[usize::from(unit >> shift & 0xF)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}
