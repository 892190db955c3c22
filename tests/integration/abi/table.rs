//! The table in `docs/abi.md`.

use std::path::Path;
use std::{env, fs};

use super::rows::ROWS;

/// The result of a row, column by column.
pub(super) type Cells = Vec<String>;

/// The variable that makes the test rewrite the table.
const RECORD: &str = "UNIVERSAL_WORKER_RECORD_ABI";

const BEGIN: &str = "<!-- begin: written by tests/integration/abi.rs -->\n";
const END: &str = "<!-- end -->\n";

const HEAD: &str = "\
| plugin | loads | answers | cancels | streams | what may be left out |
|---|---|---|---|---|---|
";

/// Fails if the document differs; a row that was not tested on this machine keeps its line.
pub(super) fn check(results: &[(&str, Option<Cells>)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/abi.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("docs/abi.md has the marker at the start");
    let (table, after) = rest.split_once(END).expect("docs/abi.md has the marker at the end");
    let lines: Vec<String> =
        results.iter().map(|(label, cells)| line(label, cells, table)).collect();
    let fresh = format!("{HEAD}{}", lines.concat());
    if env::var_os(RECORD).is_some() {
        fs::write(&path, format!("{before}{BEGIN}{fresh}{END}{after}")).unwrap();
        return;
    }
    let differ: Vec<&str> =
        fresh.lines().filter(|line| !table.lines().any(|l| l == *line)).collect();
    assert!(
        table == fresh,
        "the table in docs/abi.md differs from the results; if that is intended, run this test \
         once with {RECORD}=1\n{}",
        differ.join("\n")
    );
}

fn line(label: &str, cells: &Option<Cells>, table: &str) -> String {
    let head = format!("| {label} |");
    match cells {
        Some(cells) => format!("{head} {} |\n", cells.join(" | ")),
        None => {
            let known = table.lines().find(|line| line.starts_with(&head));
            known.map_or_else(String::new, |line| format!("{line}\n"))
        }
    }
}

#[test]
fn each_row_has_a_unique_name() {
    let mut labels: Vec<&str> = ROWS.iter().map(|row| row.label).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), ROWS.len());
}
