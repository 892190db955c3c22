//! The manual page universal-worker(1), in roff for man(7).

use std::fmt::Write;

use crate::exit_codes::{EXEC_EXIT_CODES, EXIT_CODES, ExitCode};
use crate::help::{EXAMPLES, EXEC_EXAMPLE, EXEC_TEXT, EXEC_USAGE, USAGE, VARIABLES_TEXT};
use crate::options::{OptionHelp, capitalized, description, options};
use crate::{PROGRAM, VERSION};

const SUMMARY: &str = "serve a plugin over HTTP from a process of its own";

/// The variables that do not set an option.
const OTHER_VARIABLES: &[(&str, &str)] = &[
    (
        "UNIVERSAL_WORKER_TOKEN",
        "The token that clients need; --token-file on the command line takes precedence.",
    ),
    (
        "LISTEN_FDS, LISTEN_PID",
        "Sockets passed by a service manager, all of which are served unless the command line says \
         where to listen; see sd_listen_fds(3).",
    ),
    (
        "NOTIFY_SOCKET",
        "The service manager's socket, which receives READY=1 and STOPPING=1; see sd_notify(3).",
    ),
];

/// The manual page in roff.
#[must_use]
pub fn man_page() -> String {
    let mut page = String::new();
    let (name, version) = (quoted(PROGRAM), quoted(&format!("{PROGRAM} {VERSION}")));
    let _ = writeln!(page, ".TH {name} 1 \"\" {version} \"User Commands\"");
    // No hyphenation, and no justified lines.
    page.push_str(".nh\n.ad l\n");
    section(&mut page, "NAME");
    text(&mut page, &format!("{PROGRAM} - {SUMMARY}"));
    section(&mut page, "SYNOPSIS");
    let usage = USAGE.map(|usage| {
        let rest = usage.trim_start_matches(PROGRAM);
        format!("\\fB{}\\fR{}\n", escaped(PROGRAM), escaped(rest))
    });
    page.push_str(&usage.join(".br\n"));
    section(&mut page, "DESCRIPTION");
    text(&mut page, description());
    page.push_str(".PP\n");
    text(
        &mut page,
        "The worker loads a class of a plugin library, announces its address as one line of JSON \
         on stdout, and serves requests until it is stopped.",
    );
    section(&mut page, "OPTIONS");
    for group in options() {
        let _ = writeln!(page, ".SS {}", quoted(group.title));
        group.options.iter().for_each(|option| add_option(&mut page, option));
    }
    add_end(&mut page);
    page
}

fn add_end(page: &mut String) {
    section(page, "EXIT STATUS");
    add_exit_codes(page, EXIT_CODES);
    section(page, "ANY OTHER COMMAND");
    text(page, EXEC_USAGE);
    page.push_str(".PP\n");
    text(page, EXEC_TEXT);
    page.push_str(".PP\n");
    text(page, "The three options, and their variables, are those above. The exit codes are:");
    add_exit_codes(page, EXEC_EXIT_CODES);
    section(page, "ENVIRONMENT");
    text(page, VARIABLES_TEXT);
    for (name, meaning) in OTHER_VARIABLES {
        item(page, name, meaning);
    }
    section(page, "EXAMPLES");
    let examples = EXAMPLES.into_iter().chain([EXEC_EXAMPLE]);
    let examples = examples.map(|example| format!(".EX\n{}\n.EE\n", escaped(example)));
    page.push_str(&examples.collect::<Vec<_>>().join(".PP\n"));
    section(page, "SEE ALSO");
    text(page, "ld.so(8), sd_listen_fds(3), sd_notify(3), signal(7), systemd.socket(5)");
    page.push_str(".PP\n");
    text(page, "docs/operations.md and docs/http-api.md in the sources.");
}

fn add_exit_codes(page: &mut String, codes: &[ExitCode]) {
    for row in codes {
        item(page, row.code, &format!("{}.", capitalized(row.when)));
    }
}

fn add_option(page: &mut String, option: &OptionHelp) {
    let short = option.short.map(|short| format!("\\fB\\-{short}\\fR, ")).unwrap_or_default();
    let value = option.value.map(|value| format!(" \\fI{}\\fR", escaped(value)));
    let name = escaped(&format!("--{}", option.name));
    let _ = writeln!(page, ".TP\n{short}\\fB{name}\\fR{}", value.unwrap_or_default());
    text(page, &format!("{}.", option.text));
    if let Some(default) = option.default {
        let _ = writeln!(page, ".br\nDefault: {}.", escaped(default));
    }
    if let Some(variable) = &option.variable {
        let _ = writeln!(page, ".br\nEnvironment: {}.", escaped(variable));
    }
}

fn section(page: &mut String, title: &str) {
    let _ = writeln!(page, ".SH {}", quoted(title));
}

fn item(page: &mut String, term: &str, meaning: &str) {
    let _ = writeln!(page, ".TP\n\\fB{}\\fR", escaped(term));
    text(page, meaning);
}

fn text(page: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(page, "{}", escaped(text));
}

/// An argument of a macro.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\\(dq"))
}

/// Text that roff prints unchanged (groff_char(7)): dashes can be copied as options, and no line
/// begins with a control character.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    if text.starts_with(['.', '\'']) {
        escaped.push_str("\\&");
    }
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_a_roff_command() {
        assert_eq!(escaped(".so x"), "\\&.so x");
        assert_eq!(escaped("'\\fB--a~`^"), "\\&\\(aq\\efB\\-\\-a\\(ti\\(ga\\(ha");
        assert_eq!(quoted("a \"b\""), "\"a \\(dqb\\(dq\"");
    }

    #[test]
    fn the_page_has_every_option_and_section() {
        let page = man_page();
        for option in options().iter().flat_map(|group| &group.options) {
            let name = escaped(&format!("--{}", option.name));
            assert!(page.contains(&format!("\\fB{name}\\fR")), "{name}");
        }
        for title in ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"] {
            assert!(page.contains(&format!(".SH \"{title}\"\n")), "{title}");
        }
        assert!(page.lines().all(|line| !line.is_empty() && !line.starts_with('\'')));
    }
}
