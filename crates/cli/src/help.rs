//! The text of `--help`.

use std::fmt::Write;

use crate::exec;
use crate::exit_codes::{EXEC_EXIT_CODES, EXIT_CODES, ExitCode};
use crate::options::{OptionGroup, OptionHelp, description, options};

/// The width of a terminal in columns.
const WIDTH: usize = 80;

/// A non-breaking space.
const NO_BREAK: &str = "\u{a0}";

pub(crate) const USAGE: [&str; 5] = [
    "universal-worker --module MODULE [OPTIONS]",
    "universal-worker --module MODULE --check [--json] [--execute JSON]",
    "universal-worker --list [--json] [--plugin-dir DIR]...",
    "universal-worker --take-over ENV | --give-back ENV",
    "universal-worker exec [OPTIONS] -- COMMAND [ARG]...",
];

pub(crate) const EXEC_USAGE: &str = "universal-worker exec [--ppid PID] [--lease-fd FD] \
    [--stop-grace SECONDS] -- COMMAND [ARG]...";

pub(crate) const EXEC_EXAMPLE: &str = "universal-worker exec --ppid 1234 -- npx some-mcp-server";

/// What `exec` does.
pub(crate) const EXEC_TEXT: &str = "Runs a command so that neither it nor a process that it starts \
    outlives its caller: all of them end on SIGTERM, SIGINT or SIGHUP, when the process of \
    --ppid exits, when the lease closes, and when the command exits. They get SIGTERM, and before \
    --stop-grace is over SIGKILL; a second signal kills them at once. stdin, stdout and stderr are \
    the command's, other signals are passed on to it, and its exit code or signal is handed on.";

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
    add_exit_codes(&mut text, EXIT_CODES);
    add_end(text)
}

/// The text of `exec --help`, without the last line feed.
pub(crate) fn exec_text() -> String {
    let mut text = String::new();
    paragraph(&mut text, 0, EXEC_TEXT);
    text.push_str("\nExample:\n");
    line(&mut text, 2, EXEC_EXAMPLE);
    text.push_str("\nUsage:\n");
    paragraph(&mut text, 2, EXEC_USAGE);
    let groups = options().into_iter().map(|group| OptionGroup {
        title: "Options",
        options: group.options.into_iter().filter(|it| exec::OPTIONS.contains(&it.name)).collect(),
    });
    groups.filter(|group| !group.options.is_empty()).for_each(|group| add_group(&mut text, &group));
    add_exit_codes(&mut text, EXEC_EXIT_CODES);
    add_end(text)
}

fn add_exit_codes(text: &mut String, codes: &[ExitCode]) {
    let width = codes.iter().map(|row| row.code.len()).max().unwrap_or_default() + 2;
    text.push_str("\nExit codes:\n");
    for row in codes {
        let mut lines = String::new();
        paragraph(&mut lines, 2 + width, row.when);
        let _ = writeln!(text, "  {:<width$}{}", row.code, lines.trim());
    }
}

fn add_end(mut text: String) -> String {
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
        for line in text().lines().chain(exec_text().lines()) {
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
