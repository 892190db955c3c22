//! The tables of docs/operations.md, between markers of their names.

use std::fmt::Write;

use crate::exit_codes::{EXEC_EXIT_CODES, EXIT_CODES, ExitCode};
use crate::options::{OptionHelp, options};

/// The page with updated tables, or `None` if it lacks a marker.
///
/// The tables are between `<!-- options -->` and `<!-- /options -->`, `<!-- exit codes -->` and
/// `<!-- /exit codes -->`, and in the same way `exec exit codes`.
#[must_use]
pub fn update_page(page: &str) -> Option<String> {
    let page = replace(page, "options", &option_tables())?;
    let page = replace(&page, "exit codes", &exit_code_table(EXIT_CODES))?;
    replace(&page, "exec exit codes", &exit_code_table(EXEC_EXIT_CODES))
}

/// Replaces the text between the markers of a section.
fn replace(page: &str, section: &str, content: &str) -> Option<String> {
    let (start, end) = (format!("<!-- {section} -->\n"), format!("<!-- /{section} -->\n"));
    let (before, rest) = page.split_once(&start)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{start}{content}{end}{after}"))
}

fn option_tables() -> String {
    let mut tables = String::new();
    for (index, group) in options().iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(tables, "{gap}### {}\n", group.title);
        tables.push_str("| option | default | meaning |\n|---|---|---|\n");
        group.options.iter().for_each(|option| add_row(&mut tables, option));
    }
    tables
}

fn add_row(tables: &mut String, option: &OptionHelp) {
    let (usage, default) = (option.usage(), option.default.unwrap_or_default());
    let _ = writeln!(tables, "| `{usage}` | {} | {} |", cell(default), cell(&option.text));
}

fn exit_code_table(codes: &[ExitCode]) -> String {
    let mut table = "| code | when | last line on stderr |\n|---|---|---|\n".to_owned();
    for row in codes {
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {} | {} | {} |", row.code, cell(row.when), row.last_line);
    }
    table
}

/// The text of a table cell, with bars escaped, and options, routes and `@FILE` as code.
fn cell(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let words = text.split(' ').map(|word| {
        let start = word.trim_start_matches('(');
        let code = start.trim_end_matches([':', ',', ';', '.', ')']);
        let is_code = ["--", "/", "@"].iter().any(|prefix| code.starts_with(prefix));
        if is_code { word.replacen(code, &format!("`{code}`"), 1) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_between_markers_is_replaced() {
        let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let expected = "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n";
        assert_eq!(replace(page, "x", "new\n").as_deref(), Some(expected));
        assert_eq!(replace(page, "y", "new\n"), None);
    }

    #[test]
    fn a_cell_shows_options_as_code_and_escapes_bars() {
        assert_eq!(cell("With --check: a|b"), "With `--check`: a\\|b");
        assert_eq!(cell("run (--check --list) /x"), "run (`--check` `--list`) `/x`");
    }
}
