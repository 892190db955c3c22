//! A limit on the nesting of JSON, checked without recursion.

/// The maximum depth of nested objects and arrays, including the outermost.
pub(super) const LIMIT: usize = 128;

/// The byte offset at which the text exceeds the [`LIMIT`].
///
/// Brackets in strings do not count. The text need not be valid JSON.
pub(super) fn exceeded(text: &[u8]) -> Option<usize> {
    // Most texts have too few brackets, and to count them is many times faster than to skip strings.
    if text.len() <= LIMIT || has_few_brackets(text) { None } else { find_excess(text) }
}

/// Whether the text has at most as many opening brackets as the [`LIMIT`], including those in strings.
fn has_few_brackets(text: &[u8]) -> bool {
    /// Bytes that are counted in a byte, which compilers do sixteen at a time.
    const BLOCK: usize = 240;
    let mut left = LIMIT;
    text.chunks(BLOCK).all(|block| {
        let is_bracket = |byte: &u8| u8::from(matches!(byte, b'[' | b'{'));
        let brackets = block.iter().map(is_bracket).sum::<u8>();
        let rest = left.checked_sub(brackets.into());
        left = rest.unwrap_or(0);
        rest.is_some()
    })
}

fn find_excess(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > LIMIT {
                    return Some(at);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(text, at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The offset of the quote that ends a string, or the end of the text.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(exceeded(nested(LIMIT).as_bytes()), None);
        assert_eq!(exceeded(nested(LIMIT + 1).as_bytes()), Some(LIMIT));
        assert_eq!(exceeded(nested(200_000).as_bytes()), Some(LIMIT));
        assert_eq!(exceeded(format!("[\"{}\"]", "[\\\"".repeat(500)).as_bytes()), None);
        assert_eq!(exceeded(b"\"\\"), None);
        assert_eq!(exceeded("[]".repeat(500).as_bytes()), None);
    }

    #[test]
    fn a_text_with_few_brackets_needs_no_search() {
        for (repeats, few) in [(LIMIT, true), (LIMIT + 1, false)] {
            for between in ["", "\"]", &"x".repeat(99), &"x".repeat(999)] {
                for bracket in ["[", "{"] {
                    let text = format!("{bracket}{between}").repeat(repeats);
                    assert_eq!(has_few_brackets(text.as_bytes()), few, "{repeats} {text}");
                }
            }
        }
    }
}
