//! How the figures are written.

use super::cpython::Dumps;
use super::cpython::Outcome;
use super::fresh;
use super::fresh::Fresh;
use super::row;
use super::row::Row;
use crate::figures::grouped;

pub(super) fn print_compact(rows: &[Row]) {
    println!(
        "| `compact()` | bytes | values | serde_json: MB/s | ns a value (best) | ours: MB/s | ns a \
         value (best) | serde_json's time / ours (aim 1.0) |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {} | {} | {} | {:.2} |",
            row.name,
            grouped(row.bytes[row::COMPACT] as f64),
            grouped(row.values as f64),
            speed(row, row::SERDE_JSON),
            speed(row, row::COMPACT),
            row.turns.ratio(row::SERDE_JSON, row::COMPACT)
        );
    }
}

pub(super) fn print_python(rows: &[Row]) {
    println!(
        "| `python()` | bytes | ours: MB/s | ns a value (best) | serde_json's time / ours (aim \
         0.8) | `dumps`: ns a value | its time / ours (aim 10) | compact `dumps`: ns a value | its \
         time / `compact()` |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let cells = match &row.cpython {
            Outcome::None => format!("{} | none | none | none | none", python(row)),
            Outcome::Same([default, compact]) => format!(
                "{} | {} | {}",
                python(row),
                dumps(row, default, row::PYTHON),
                dumps(row, compact, row::COMPACT)
            ),
            Outcome::Differs(_) => ["wrong text"; 8].join(" | "),
        };
        println!("| {} | {cells} |", row.name);
    }
}

pub(super) fn print_fresh(rows: &[Fresh]) {
    println!(
        "| new memory each time | `serde_json::to_vec` | ours | ratio | `serde_json::to_string` | \
         ours | ratio |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {} |",
            row.name,
            pair(row, fresh::SERDE_JSON_VEC, fresh::VEC),
            pair(row, fresh::SERDE_JSON_STRING, fresh::STRING)
        );
    }
}

/// Two cells: megabytes a second, and nanoseconds a value.
fn speed(row: &Row, contender: usize) -> String {
    let (median, best) = row.a_value(contender);
    format!("{} | {median:.1} ({best:.1})", grouped(row.rate(contender)))
}

/// Four cells: bytes, megabytes a second, nanoseconds a value, and how many times as long
/// serde_json takes.
fn python(row: &Row) -> String {
    format!(
        "{} | {} | {:.2}",
        grouped(row.bytes[row::PYTHON] as f64),
        speed(row, row::PYTHON),
        row.turns.ratio(row::SERDE_JSON, row::PYTHON)
    )
}

/// Two cells: nanoseconds a value in CPython, and how many times ours that is.
fn dumps(row: &Row, dumps: &Dumps, ours: usize) -> String {
    let nanoseconds = dumps.median();
    let times = nanoseconds / row.turns.median(ours);
    format!("{:.1} | {times:.1}", nanoseconds / row.values as f64)
}

/// Three cells: nanoseconds a call of serde_json and of ours, and the ratio.
fn pair(row: &Fresh, theirs: usize, ours: usize) -> String {
    let [theirs_ns, ours_ns] = [theirs, ours].map(|at| grouped(row.turns.median(at)));
    format!("{theirs_ns} | {ours_ns} | {:.2}", row.turns.ratio(theirs, ours))
}
