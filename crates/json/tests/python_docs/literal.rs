//! Rust string literals.

/// The text of the last argument, if that is a string literal, plain or raw.
pub(crate) fn last_argument(arguments: &str) -> Option<String> {
    // The first comma that only a literal follows; later commas are within that literal.
    arguments.match_indices(", ").find_map(|(at, comma)| text(&arguments[at + comma.len()..]))
}

/// The text of a literal; `None` if `literal` is anything else.
fn text(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let body = raw.trim_start_matches('#');
        let hashes = &raw[..raw.len() - body.len()];
        let end = format!("\"{hashes}");
        let body = body.strip_prefix('"')?.strip_suffix(&end)?;
        return (!body.contains(&end)).then(|| body.to_owned());
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(next) = rest.next() {
        text.push(match next {
            '"' => return None,
            '\\' => escaped(&mut rest)?,
            _ => next,
        });
    }
    Some(text)
}

/// The character of an escape, after its backslash.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        same @ ('\\' | '"' | '\'') => same,
        'x' => code(&rest.by_ref().take(2).collect::<String>())?,
        'u' => {
            let (digits, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
            let character = code(&digits.replace('_', ""));
            *rest = after.chars();
            character?
        }
        _ => return None,
    })
}

fn code(hex: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(hex, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &str, expected: Option<&str>) {
        assert_eq!(last_argument(arguments).as_deref(), expected);
    }

    #[test]
    fn escapes_are_decoded() {
        check(r#"a, "\n\r\t\0\\\"\'\x7f\u{1F600}\u{e9}é""#, Some("\n\r\t\0\\\"'\x7f😀éé"));
        check(r#"a, """#, Some(""));
        check(r#"a, "\q""#, None);
    }

    #[test]
    fn raw_literals_have_no_escapes() {
        check(r###"a, r#"["a", "\n"]"#"###, Some(r#"["a", "\n"]"#));
        check(r###"a, r##"x"#y"##"###, Some("x\"#y"));
        check(r#"a, r"\""#, Some("\\"));
    }

    #[test]
    fn only_the_last_argument_counts() {
        check(r#"f(&["a", "b"], 1)?, "[1, 2]""#, Some("[1, 2]"));
        check(r#"f("a", "b")"#, None);
        check(r#""a""#, None);
        check("a, b", None);
    }
}
