//! The page in Markdown.

use std::fmt::Write;

use super::store::Store;
use super::{Better, Figure, Part, Section, Table, Unit};

const INTRODUCTION: &str = "\
# Performance

<!-- Written by `cargo xtask bench`; the text is in tests/bench/src. -->

This page says what a process and an HTTP hop around a plugin cost.
`cargo xtask bench` measures everything and writes this page; `cargo xtask bench --help` says how to measure a part of it.

The yardstick is a bare hyper server in a process of its own, which parses and writes the same JSON with the same code on its only thread, but has no runs, no plugin and no limits.
A **ratio** compares the worker with it: 0.90 means nine tenths of its speed.
The two take turns in short rounds, and a ratio is the median of the ratios of all rounds, with the quartiles in parentheses.
The load comes from one thread of the benchmark program on a core of its own, and is the same for both servers; a server has another core for itself.
The worker runs the conformance plugin, a library, unless a table says otherwise.
";

/// Writes the whole page.
pub(crate) fn render(store: &Store) -> String {
    let mut page = INTRODUCTION.to_owned();
    let figures = store.figures();
    page.push_str("\n## Figures wanted\n\n");
    page.push_str(&markdown(&wanted(&figures)));
    if figures.iter().any(|(_, figure)| figure.unit == Unit::Ratio) {
        page.push_str("\n![Speed in comparison with the bare server](performance/ratios.svg)\n");
    }
    for section in store.sections() {
        page.push('\n');
        page.push_str(&render_section(section, true));
    }
    page
}

/// Writes a section; pictures are links to files beside the page.
pub(crate) fn render_section(section: &Section, pictures: bool) -> String {
    let mut text = format!("## {}\n\n{}\n", section.title, section.machine.line());
    for part in &section.parts {
        // Writing to a string does not fail.
        let _ = match part {
            Part::Text(paragraph) => writeln!(text, "\n{paragraph}"),
            Part::Table(table) => write!(text, "\n{}", markdown(table)),
            Part::Chart(chart) if pictures => {
                writeln!(text, "\n![{}](performance/{}.svg)", chart.title, chart.name)
            }
            Part::Chart(_) => Ok(()),
        };
    }
    text
}

/// All figures with a target.
fn wanted(figures: &[(String, &Figure)]) -> Table {
    let mut table = Table::new(&["", "measured", "wanted", "reached"]);
    for (name, figure) in figures {
        if let (Some(wanted), Some(reached)) = (figure.wanted, figure.is_reached()) {
            let reached = if reached { "yes" } else { "**no**" }.to_owned();
            table.row([name.clone(), figure.text(), limit(figure, wanted), reached]);
        }
    }
    table
}

fn limit(figure: &Figure, wanted: f64) -> String {
    let word = match figure.better {
        Better::Higher => "at least",
        Better::Lower => "at most",
    };
    format!("{word} {}", figure.unit.format(wanted))
}

/// A table in Markdown.
pub(crate) fn markdown(table: &Table) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&table.columns);
    text.push_str(&format!("|{}\n", "---|".repeat(table.columns.len())));
    table.rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}
