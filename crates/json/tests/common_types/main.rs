//! Holds the table of `docs/common-types.md` to what is written, and to Python.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod adapters;
mod python;
mod rows;
mod table;

use std::collections::BTreeSet;

use crate::table::Python;

#[test]
fn the_table_has_what_is_written() {
    let table = table::read();
    let types: BTreeSet<_> = table.iter().map(|row| &row.rust).collect();
    assert_eq!(types.len(), table.len(), "a type has one row");
    let of_table: BTreeSet<_> =
        table.iter().map(|row| (row.rust.clone(), row.json.clone())).collect();
    let written: BTreeSet<_> =
        rows::all().into_iter().map(|(rust, json)| (rust.to_owned(), json)).collect();
    let untested: Vec<_> = of_table.difference(&written).collect();
    let untold: Vec<_> = written.difference(&of_table).collect();
    assert!(untested.is_empty() && untold.is_empty(), "table: {untested:#?}, test: {untold:#?}");
}

#[test]
fn python_writes_what_the_table_says() {
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
