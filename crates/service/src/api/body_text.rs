//! The encoding of a body: UTF-8, of which a byte order mark is no part.

use bytes::Bytes;

use crate::api::error::ApiError;

const MARK: &[u8] = "\u{feff}".as_bytes();

/// The body without a byte order mark, which JSON must not have and may be ignored (RFC 8259, 8.1).
///
/// Plugins check that the rest is UTF-8.
pub(crate) fn from_body(mut body: Bytes) -> Result<Bytes, ApiError> {
    if let Some(encoding) = other_encoding(&body) {
        return Err(ApiError::NotUtf8(encoding));
    }
    if body.starts_with(MARK) {
        body = body.slice(MARK.len()..);
    }
    Ok(body)
}

/// Another encoding that the text has, to judge by its first two bytes.
///
/// JSON begins with an ASCII character, whose code has zeros in these encodings, or with a mark.
fn other_encoding(body: &[u8]) -> Option<&'static str> {
    match body {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] => Some("UTF-16"),
        [_, 0, 0, 0, ..] => Some("UTF-32"),
        [_, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_skipped() {
        for (body, text) in [("\u{feff}{}", "{}"), ("{}", "{}"), ("\u{feff}", ""), ("", "")] {
            assert_eq!(from_body(Bytes::from(body)).unwrap(), text);
        }
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let swapped = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf32 = |text: &str| text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        let wide = |text: &str| text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        for text in ["{}", "\u{feff}{}", "[\u{e9}]"] {
            for (body, name) in [
                (utf16(text), "UTF-16"),
                (swapped(text), "UTF-16"),
                (utf32(text), "UTF-32"),
                (wide(text), "UTF-32"),
            ] {
                let error = from_body(Bytes::from(body)).unwrap_err();
                assert!(error.to_string().contains(name), "{text}: {error}");
            }
        }
    }
}
