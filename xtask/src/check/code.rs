//! Tells Rust's code from its comments and literals, as far as searching for words needs it.

use std::ops::RangeInclusive;

/// The code of `source`: its comments and literals are blanks, and each line keeps its number.
pub(super) fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let skipped = not_code(rest);
        if skipped == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            let (text, after) = rest.split_at(skipped);
            code.extend(text.chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = after;
        }
    }
    code
}

/// The lines, counted from 1, in which `code` has `word` standing for itself.
pub(super) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let found = code.lines().enumerate().filter(|(_, line)| has_word(line, word));
    found.map(|(index, _)| index + 1).collect()
}

/// The lines that the modules `name` written out within `code` take, counted from 1.
pub(super) fn module_lines(code: &str, name: &str) -> Vec<RangeInclusive<usize>> {
    let head = format!("mod {name}");
    let starts = code.match_indices(&head).filter(|(at, _)| word_at(code, *at, &head));
    let modules = starts.filter_map(|(at, _)| {
        let body = at + head.len() + code[at + head.len()..].find(['{', ';'])?;
        let end = block_end(code, body)?;
        Some(line_of(code, at)..=line_of(code, end))
    });
    modules.collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| word_at(line, at, word))
}

/// Whether `word` at `at` is no part of a longer name.
fn word_at(text: &str, at: usize, word: &str) -> bool {
    let in_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let before = text[..at].chars().next_back();
    let after = text[at + word.len()..].chars().next();
    let goes_on = in_name(before) || (in_name(word.chars().next_back()) && in_name(after));
    !goes_on
}

/// Where the block that opens at `open` closes; none where no block opens there.
fn block_end(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(open + at);
        }
    }
    None
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// How many bytes at the start of `rest` are a comment or a literal.
fn not_code(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => string(rest),
        [b'r', b'"' | b'#', ..] => raw_string(rest),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let pair = rest.as_bytes().get(at..at + 2);
        match pair {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// A raw string; `r#name`, a raw identifier, is none.
fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let open = 1 + hashes;
    if rest.as_bytes().get(open) != Some(&b'"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    rest[open + 1..].find(&close).map_or(rest.len(), |at| open + 1 + at + close.len())
}

/// A character; a lifetime is none.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let after = at + escaped.len_utf8();
            rest[after..].find('\'').map_or(rest.len(), |end| after + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(source: &str, expected: &[usize]) {
        assert_eq!(lines_with(&code(source), "unsafe"), expected, "in {source:?}");
    }

    #[test]
    fn a_word_of_code_is_found_on_its_line() {
        finds("fn f() {\n    unsafe { g() }\n}\nunsafe fn g() {}", &[2, 4]);
        finds("#[unsafe(no_mangle)]", &[1]);
    }

    #[test]
    fn part_of_a_name_is_no_word() {
        finds("#![deny(unsafe_code)]\nlet not_unsafe = 1;", &[]);
    }

    #[test]
    fn comments_are_no_code() {
        finds("// unsafe\n/// unsafe\n/* unsafe /* unsafe */\nunsafe */\nunsafe {}", &[5]);
    }

    #[test]
    fn literals_are_no_code() {
        finds(r#"let a = "unsafe \" unsafe"; unsafe {}"#, &[1]);
        finds(r#"let a = "unsafe \" unsafe";"#, &[]);
        finds("let a = r##\"unsafe\n\"# unsafe\"##; let b = b\"unsafe\";", &[]);
    }

    #[test]
    fn quotes_that_open_no_string_hide_nothing() {
        finds("let a = '\"'; unsafe {}", &[1]);
        finds("let a = '\\''; unsafe {}", &[1]);
        finds("let a = '\\u{22}'; unsafe {}", &[1]);
        finds("fn f<'a>(x: &'a str) { unsafe {} }", &[1]);
        finds("let r#type = 1; unsafe {}", &[1]);
    }

    #[test]
    fn a_macro_is_no_part_of_a_longer_one() {
        assert_eq!(lines_with("eprintln!()", "println!"), [0; 0]);
        assert_eq!(lines_with("std::println!()", "println!"), [1]);
    }

    #[test]
    fn a_module_within_a_file_is_its_lines() {
        let source = "mod imp;\nmod impl_ { }\nmod imp {\n    fn f() { }\n}\nfn g() {}";
        assert_eq!(module_lines(source, "imp"), [3..=5]);
    }
}
