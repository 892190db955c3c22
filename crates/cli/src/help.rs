//! The text of `--help`.

use std::fmt::Write;

use crate::exit_codes::EXIT_CODES;
use crate::options::{OptionGroup, OptionHelp, description, options};

/// The width of a terminal in columns.
const WIDTH: usize = 80;

/// A non-breaking space.
const NO_BREAK: &str = "\u{a0}";

pub(crate) const USAGE: [&str; 4] = [
    "universal-worker --module MODULE [OPTIONS]",
    "universal-worker --module MODULE --check [--json] [--execute JSON]",
    "universal-worker --list [--json] [--plugin-dir DIR]...",
    "universal-worker --take-over ENV | --give-back ENV",
];

pub(crate) const EXAMPLES: [&str; 2] = [
    "universal-worker --module ./libwhisper.so --class Whisper --ppid 1234",
    "universal-worker --module hello --check",
];

pub(crate) const VARIABLES_TEXT: &str = "Each option can also be set by the environment variable \
    shown with it. The command line takes precedence; --port, --host, --uds or --fd there \
    overrides the variables of all four. Switches take 1 or 0; an empty variable is ignored. Bytes \
    may have a unit (64M, 1.5GiB), and seconds another one (500ms, 10m, 1.5h).";

const DOCUMENTATION: &str =
    "Documentation: man universal-worker; docs/operations.md in the sources";

/// The whole text, without the last line feed.
pub(crate) fn text() -> String {
    let mut text = String::new();
    paragraph(&mut text, 0, description());
    text.push_str("\nExamples:\n");
    EXAMPLES.iter().for_each(|example| line(&mut text, 2, example));
    let (first, others) = USAGE.split_first().expect("there is a usage line");
    text.push('\n');
    line(&mut text, 0, &format!("Usage: {first}"));
    others.iter().for_each(|usage| line(&mut text, 7, usage));
    text.push('\n');
    paragraph(&mut text, 0, VARIABLES_TEXT);
    options().iter().for_each(|group| add_group(&mut text, group));
    text.push_str("\nExit codes:\n");
    for row in EXIT_CODES {
        let mut lines = String::new();
        paragraph(&mut lines, 10, row.when);
        let _ = writeln!(text, "  {:<8}{}", row.code, lines.trim());
    }
    text.push('\n');
    paragraph(&mut text, 0, DOCUMENTATION);
    text.truncate(text.trim_end().len());
    text
}

fn add_group(text: &mut String, group: &OptionGroup) {
    let _ = writeln!(text, "\n{}:", group.title);
    for option in &group.options {
        line(text, 2, &option.usage());
        paragraph(text, 6, &option.text);
        let notes: Vec<_> = notes(option).iter().map(|note| note.replace(' ', NO_BREAK)).collect();
        if !notes.is_empty() {
            paragraph(text, 6, &notes.join(" "));
        }
    }
}

/// Default and variable, in brackets.
fn notes(option: &OptionHelp) -> Vec<String> {
    let default = option.default.map(|default| format!("[default: {default}]"));
    let variable = option.variable.as_ref().map(|variable| format!("[env: {variable}]"));
    default.into_iter().chain(variable).collect()
}

/// Adds a text, wrapped to the width of a terminal.
fn paragraph(text: &mut String, indent: usize, content: &str) {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let wrapped = textwrap::fill(content, options);
    line(text, 0, &wrapped.replace(NO_BREAK, " "));
}

fn line(text: &mut String, indent: usize, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_a_terminal_of_80_columns() {
        for line in text().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert!(line.is_ascii(), "{line}");
        }
    }

    #[test]
    fn the_help_has_every_option_with_its_default_and_variable() {
        let text = text();
        for option in options().iter().flat_map(|group| &group.options) {
            assert!(text.contains(&format!("  {}\n", option.usage())), "{option:?}");
            for note in notes(option) {
                assert!(text.contains(&note), "{note}");
            }
        }
    }
}
