//! Separators and indentation of a text.

use super::options::Options;
use super::tree::Tree;

/// Whether `text` is `middle` surrounded by JSON whitespace.
pub(super) fn is_blank_around(text: &str, middle: &str) -> bool {
    text.trim_matches(is_blank) == middle
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

/// Checks the characters of a text without raw values.
pub(super) fn check_characters(text: &str, options: &Options) {
    let layout = options.layout();
    if options.ensure_ascii && layout.is_ascii() {
        assert!(text.is_ascii(), "{text}");
    }
    let new_lines = options.indent.is_some();
    let stray =
        |letter: char| letter < ' ' && !layout.contains(letter) && !(letter == '\n' && new_lines);
    assert!(!text.contains(stray), "{text:?}");
}

/// Checks the indentation of each line, and that the rest equals the text on one line.
pub(super) fn check_indent(text: &str, tree: &Tree, options: &Options) {
    let Some(indent) = &options.indent else { return };
    if options.layout().contains('\n') {
        return;
    }
    let separators = options.separators.clone().or(Some((",".to_owned(), ": ".to_owned())));
    let flat = Options { indent: None, separators, ..options.clone() };
    let flat = flat.encoder().to_string(tree);
    assert_eq!(flat.expect("the value can be written on one line"), flattened(text, indent));
}

/// Removes line breaks and checks indentation.
fn flattened(mut text: &str, indent: &str) -> String {
    let mut flat = String::new();
    let (mut levels, mut in_string) = (0, false);
    while let Some(letter) = text.chars().next() {
        text = &text[letter.len_utf8()..];
        match letter {
            '\n' => {
                let line = text.trim_start_matches(is_blank);
                let closes = line.starts_with([']', '}']);
                let before = &text[..text.len() - line.len()];
                assert_eq!(before, indent.repeat(levels - usize::from(closes)), "before {line}");
                text = line;
                continue;
            }
            '"' => in_string = !in_string,
            '[' | '{' if !in_string => levels += 1,
            ']' | '}' if !in_string => levels -= 1,
            _ => {}
        }
        flat.push(letter);
        if in_string && letter == '\\' {
            let (escaped, rest) = text.split_at(1);
            flat.push_str(escaped);
            text = rest;
        }
    }
    flat
}
