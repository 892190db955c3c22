use proptest::prelude::*;

use super::*;

/// The expected text, made character by character.
fn expected(text: &str, charset: Charset) -> String {
    let mut written = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\u{8}' => written.push_str("\\b"),
            '\u{c}' => written.push_str("\\f"),
            ' '..='~' => written.push(character),
            _ if charset == Charset::Utf8 && character > '\u{1f}' => written.push(character),
            _ => {
                let units = character.encode_utf16(&mut [0; 2]).to_vec();
                units.iter().for_each(|unit| written.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    written.push('"');
    written
}

#[track_caller]
fn check(text: &str) {
    for charset in [Charset::Utf8, Charset::Ascii] {
        let mut out = Buffer::default();
        write(&mut out, text, charset);
        let written = String::from_utf8(out.into_bytes()).unwrap();
        assert_eq!(written, expected(text, charset), "{text:?} as {charset:?}");
    }
}

#[test]
fn a_character_is_escaped_at_any_offset() {
    let characters = ('\0'..='\u{ff}').chain(['\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}']);
    for character in characters {
        for (before, behind) in (0..70).map(|at| (at, 70 - at)).chain((0..24).map(|at| (at, 0))) {
            check(&format!("{}{character}{}", "x".repeat(before), "y".repeat(behind)));
        }
    }
}

#[test]
fn every_character_is_written() {
    for first in (0..=0x10_FFFF_u32).step_by(0x40) {
        check(&(first..first + 0x40).filter_map(char::from_u32).collect::<String>());
    }
}

#[test]
fn strings_longer_than_a_piece_are_complete() {
    for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
        for character in ["\u{1}", "é", "日", "😀"] {
            check(&character.repeat(length));
            check(&format!("x{}", character.repeat(length)));
            check(&format!("\n{}", "x".repeat(length)));
        }
    }
}

proptest! {
    #[test]
    fn any_string_is_written(text in ".*", dense in "[\u{0}-\u{7f}]{0,300}", wide in "[ -é日-本😀]{0,99}") {
        check(&text);
        check(&dense);
        check(&wide);
    }
}
