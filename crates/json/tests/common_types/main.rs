//! Checks the table of `docs/common-types.md` against the encoder and Python.

#![allow(clippy::disallowed_methods, reason = "compares with what serde_json writes")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod adapters;
mod python;
mod rows;
mod table;

use std::collections::BTreeSet;

use crate::table::Python;

#[test]
fn the_table_matches_the_encoder() {
    let table = table::read();
    let types: BTreeSet<_> = table.iter().map(|row| &row.rust).collect();
    assert_eq!(types.len(), table.len(), "each type has one row");
    let of_table: BTreeSet<_> =
        table.iter().map(|row| (row.rust.clone(), row.json.clone())).collect();
    let written: BTreeSet<_> =
        rows::all().into_iter().map(|(rust, json)| (rust.to_owned(), json)).collect();
    let untested: Vec<_> = of_table.difference(&written).collect();
    let undocumented: Vec<_> = written.difference(&of_table).collect();
    assert!(
        untested.is_empty() && undocumented.is_empty(),
        "table: {untested:#?}, test: {undocumented:#?}"
    );
}

#[test]
fn the_table_matches_python() {
    let table = table::read();
    let expressions: Vec<_> = table.iter().filter_map(|row| row.python.expression()).collect();
    let mut texts = python::dumps(&table::python_prelude(), &expressions).into_iter();
    for row in &table {
        match &row.python {
            Python::Same(expression) => {
                assert_eq!(Some(&row.json), texts.next().as_ref(), "{}: {expression}", row.rust);
            }
            Python::Other(expression) => {
                assert_ne!(Some(&row.json), texts.next().as_ref(), "{}: {expression}", row.rust);
            }
            Python::None => {}
        }
    }
    assert_eq!(texts.next(), None);
}
