//! The tables.

use super::cpython::{Comparison, Dumps};
use super::new_buffers::{self as buffers, NewBuffers};
use super::row;
use super::row::Row;
use crate::figures::grouped;
use crate::report::Table;

pub(super) fn compact(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "`compact()`",
        "bytes",
        "values",
        "serde_json: MB/s",
        "ns per value (best)",
        "`compact()`: MB/s",
        "ns per value (best)",
        "serde_json / `compact()` (target 1.0)",
    ]);
    for row in rows {
        let cells = [row.name, &grouped(row.bytes[row::COMPACT] as f64)].map(str::to_owned);
        let ratio = format!("{:.2}", row.turns.ratio(row::SERDE_JSON, row::COMPACT));
        table.row(
            cells
                .into_iter()
                .chain([grouped(row.values as f64)])
                .chain(speed(row, row::SERDE_JSON))
                .chain(speed(row, row::COMPACT))
                .chain([ratio]),
        );
    }
    table
}

pub(super) fn python(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "`python()`",
        "bytes",
        "`python()`: MB/s",
        "ns per value (best)",
        "serde_json / `python()` (target 0.8)",
        "`dumps`: ns per value",
        "`dumps` / `python()` (target 10)",
        "compact `dumps`: ns per value",
        "compact `dumps` / `compact()`",
    ]);
    for row in rows {
        table.row([row.name.to_owned()].into_iter().chain(python_cells(row)));
    }
    table
}

pub(super) fn new_buffers(rows: &[NewBuffers]) -> Table {
    let mut table = Table::new(&[
        "new buffer for each call",
        "`serde_json::to_vec`",
        "`to_vec`",
        "ratio",
        "`serde_json::to_string`",
        "`to_string`",
        "ratio",
    ]);
    for row in rows {
        table.row(
            [row.name.to_owned()]
                .into_iter()
                .chain(pair(row, buffers::SERDE_JSON_VEC, buffers::VEC))
                .chain(pair(row, buffers::SERDE_JSON_STRING, buffers::STRING)),
        );
    }
    table
}

/// Megabytes per second and nanoseconds per value.
fn speed(row: &Row, contender: usize) -> [String; 2] {
    let (median, best) = row.per_value(contender);
    [grouped(row.rate(contender)), format!("{median:.1} ({best:.1})")]
}

/// This encoder, and CPython with both options.
fn python_cells(row: &Row) -> [String; 8] {
    let text = |text: &str| text.to_owned();
    let none = || [text("none"), text("none")];
    let [[default, default_ratio], [compact, compact_ratio]] = match &row.cpython {
        Comparison::None => [none(), none()],
        Comparison::Same([default, compact]) => {
            [dumps(row, default, row::PYTHON), dumps(row, compact, row::COMPACT)]
        }
        Comparison::Differs(_) => return [(); 8].map(|()| text("different text")),
    };
    let [rate, per_value] = speed(row, row::PYTHON);
    let ratio = format!("{:.2}", row.turns.ratio(row::SERDE_JSON, row::PYTHON));
    let bytes = grouped(row.bytes[row::PYTHON] as f64);
    [bytes, rate, per_value, ratio, default, default_ratio, compact, compact_ratio]
}

/// CPython's nanoseconds per value, and the ratio to this encoder.
fn dumps(row: &Row, dumps: &Dumps, own: usize) -> [String; 2] {
    let nanoseconds = dumps.median();
    let ratio = nanoseconds / row.turns.median(own);
    [format!("{:.1}", nanoseconds / row.values as f64), format!("{ratio:.1}")]
}

/// Nanoseconds per call of serde_json and of this encoder, and the ratio.
fn pair(row: &NewBuffers, theirs: usize, own: usize) -> [String; 3] {
    let [theirs_ns, own_ns] = [theirs, own].map(|index| grouped(row.turns.median(index)));
    [theirs_ns, own_ns, format!("{:.2}", row.turns.ratio(theirs, own))]
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
            assert_eq!(python_cells(&row(outcome)).join(" | "), expected);
        }
        let wrong = python_cells(&row(Comparison::Differs(String::new())));
        assert_eq!(wrong, ["different text"; 8]);
    }
}
