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
        println!("| {} | {} |", row.name, python(row));
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

/// Eight cells: ours, and both forms of CPython's.
fn python(row: &Row) -> String {
    let ours = format!(
        "{} | {} | {:.2}",
        grouped(row.bytes[row::PYTHON] as f64),
        speed(row, row::PYTHON),
        row.turns.ratio(row::SERDE_JSON, row::PYTHON)
    );
    match &row.cpython {
        Outcome::None => format!("{ours} | none | none | none | none"),
        Outcome::Same([default, compact]) => format!(
            "{ours} | {} | {}",
            dumps(row, default, row::PYTHON),
            dumps(row, compact, row::COMPACT)
        ),
        Outcome::Differs(_) => ["wrong text"; 8].join(" | "),
    }
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

#[cfg(test)]
mod tests {
    use super::super::turns::Turns;
    use super::*;

    #[test]
    fn whatever_cpython_says_there_are_eight_cells() {
        let dumps = || Dumps { bytes: 1, sha256: String::new(), nanoseconds: vec![40.0] };
        let same = Outcome::Same([dumps(), dumps()]);
        let row = |cpython| {
            let turns = Turns(vec![[4.0, 8.0, 16.0]]);
            Row { name: "a row", values: 2, bytes: [1000, 2000, 3000], turns, cpython }
        };
        for (outcome, expected) in [
            (Outcome::None, "3,000 | 187,500 | 8.0 (8.0) | 0.25 | none | none | none | none"),
            (same, "3,000 | 187,500 | 8.0 (8.0) | 0.25 | 20.0 | 2.5 | 20.0 | 5.0"),
        ] {
            assert_eq!(python(&row(outcome)), expected);
        }
        let wrong = python(&row(Outcome::Differs(String::new())));
        assert_eq!(wrong.split(" | ").collect::<Vec<_>>(), ["wrong text"; 8]);
    }
}
