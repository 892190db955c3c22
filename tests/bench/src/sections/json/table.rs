//! Prints the figures.

use super::cpython::{Comparison, Dumps};
use super::new_buffers::NewBuffers;
use super::row::Row;
use super::{new_buffers, row};
use crate::figures::grouped;

pub(super) fn print_compact(rows: &[Row]) {
    println!(
        "| `compact()` | bytes | values | serde_json: MB/s | ns per value (best) | `compact()`: MB/s \
         | ns per value (best) | serde_json / `compact()` (target 1.0) |"
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
        "| `python()` | bytes | `python()`: MB/s | ns per value (best) | serde_json / `python()` \
         (target 0.8) | `dumps`: ns per value | `dumps` / `python()` (target 10) | compact `dumps`: \
         ns per value | compact `dumps` / `compact()` |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        println!("| {} | {} |", row.name, python(row));
    }
}

pub(super) fn print_new_buffers(rows: &[NewBuffers]) {
    println!(
        "| new buffer for each call | `serde_json::to_vec` | `to_vec` | ratio | \
         `serde_json::to_string` | `to_string` | ratio |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {} |",
            row.name,
            pair(row, new_buffers::SERDE_JSON_VEC, new_buffers::VEC),
            pair(row, new_buffers::SERDE_JSON_STRING, new_buffers::STRING)
        );
    }
}

/// Two cells: megabytes per second and nanoseconds per value.
fn speed(row: &Row, contender: usize) -> String {
    let (median, best) = row.per_value(contender);
    format!("{} | {median:.1} ({best:.1})", grouped(row.rate(contender)))
}

/// Eight cells: this encoder, and CPython with both options.
fn python(row: &Row) -> String {
    let own = format!(
        "{} | {} | {:.2}",
        grouped(row.bytes[row::PYTHON] as f64),
        speed(row, row::PYTHON),
        row.turns.ratio(row::SERDE_JSON, row::PYTHON)
    );
    match &row.cpython {
        Comparison::None => format!("{own} | none | none | none | none"),
        Comparison::Same([default, compact]) => format!(
            "{own} | {} | {}",
            dumps(row, default, row::PYTHON),
            dumps(row, compact, row::COMPACT)
        ),
        Comparison::Differs(_) => ["different text"; 8].join(" | "),
    }
}

/// Two cells: CPython's nanoseconds per value, and the ratio to this encoder.
fn dumps(row: &Row, dumps: &Dumps, own: usize) -> String {
    let nanoseconds = dumps.median();
    let ratio = nanoseconds / row.turns.median(own);
    format!("{:.1} | {ratio:.1}", nanoseconds / row.values as f64)
}

/// Three cells: nanoseconds per call of serde_json and of this encoder, and the ratio.
fn pair(row: &NewBuffers, theirs: usize, own: usize) -> String {
    let [theirs_ns, own_ns] = [theirs, own].map(|index| grouped(row.turns.median(index)));
    format!("{theirs_ns} | {own_ns} | {:.2}", row.turns.ratio(theirs, own))
}

#[cfg(test)]
mod tests {
    use super::super::turns::Turns;
    use super::*;

    #[test]
    fn there_are_eight_cells_for_every_result_of_cpython() {
        let dumps = || Dumps { bytes: 1, sha256: String::new(), nanoseconds: vec![40.0] };
        let same = Comparison::Same([dumps(), dumps()]);
        let row = |cpython| {
            let turns = Turns(vec![[4.0, 8.0, 16.0]]);
            Row { name: "a row", values: 2, bytes: [1000, 2000, 3000], turns, cpython }
        };
        for (outcome, expected) in [
            (Comparison::None, "3,000 | 187,500 | 8.0 (8.0) | 0.25 | none | none | none | none"),
            (same, "3,000 | 187,500 | 8.0 (8.0) | 0.25 | 20.0 | 2.5 | 20.0 | 5.0"),
        ] {
            assert_eq!(python(&row(outcome)), expected);
        }
        let wrong = python(&row(Comparison::Differs(String::new())));
        assert_eq!(wrong.split(" | ").collect::<Vec<_>>(), ["different text"; 8]);
    }
}
