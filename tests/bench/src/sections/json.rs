//! The JSON encoder, compared with serde_json and CPython's `json.dumps`.

mod canada;
mod citm;
mod cpython;
mod new_buffers;
mod plain;
mod random;
mod response;
mod row;
mod table;
mod text;
mod turns;
mod twitter;

use std::error::Error;

use serde::Serialize;
use serde_json::Value;

use cpython::{Comparison, Python};
use new_buffers::NewBuffers;
use row::Row;
use turns::{ROUNDS, TURN};

use super::Outcome;
use crate::report::Section;
use crate::settings::Settings;

pub(crate) fn json(_settings: &Settings) -> Outcome<Section> {
    let python = Python::find();
    let mut section = Section::new("JSON encoder");
    section.text(method(python.as_ref()));
    let rows = rows(python.as_ref())?;
    section.table(table::compact(&rows));
    section.table(table::python(&rows));
    section.table(table::new_buffers(&new_buffers()));
    differences(&rows)?;
    Ok(section)
}

/// Returns an error if CPython writes other text, because the figures do not compare then.
fn differences(rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let of = |row: &Row| match &row.cpython {
        Comparison::Differs(how) => Some(format!("{}: {how}", row.name)),
        Comparison::None | Comparison::Same(_) => None,
    };
    let differences: Vec<String> = rows.iter().filter_map(of).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

fn method(python: Option<&Python>) -> String {
    let python = python.map_or_else(
        || "No CPython was found to compare with.".to_owned(),
        |python| {
            format!(
                "{} runs after each data set, in a separate process; if `python()` writes other \
                 bytes than its `json.dumps`, the row says so and the section fails.",
                python.version
            )
        },
    );
    format!(
        "The Rust encoders alternate for {ROUNDS} rounds of at least {} ms each, and write \
         into a reused buffer; their output was checked by parsing it.\n{python}\n\
         A time is the median of the rounds (the best in parentheses), a ratio the median of the \
         ratios of the rounds: above 1, this encoder is faster.\n\
         The placement of a loop by the compiler can change a row of strings by a third from build to build.\n\
         Values are scalars, arrays and objects, but not keys; they are typed structs, or a \
         `serde_json::Value` in rows with DOM.",
        TURN.as_millis()
    )
}

fn rows(python: Option<&Python>) -> Result<Vec<Row>, Box<dyn Error>> {
    let (twitter, canada, citm) = (twitter::twitter(), canada::canada(), citm::catalog());
    Ok(vec![
        Row::measure("twitter", &twitter, python)?,
        Row::measure("twitter, DOM", &dom(&twitter)?, python)?,
        Row::measure("canada", &canada, python)?,
        Row::measure("canada, DOM", &dom(&canada)?, python)?,
        Row::measure("citm_catalog", &citm, python)?,
        Row::measure("citm_catalog, DOM", &dom(&citm)?, python)?,
        Row::measure("floats, any bits", &plain::any_floats(), python)?,
        Row::measure("floats, ordinary", &plain::ordinary_floats(), python)?,
        Row::measure("integers", &plain::integers(), python)?,
        Row::measure("strings, ASCII", &plain::ascii(), python)?,
        Row::measure("strings, 1 in 20 escaped", &plain::with_escapes(), python)?,
        Row::measure("strings, CJK", &plain::cjk(), python)?,
        Row::measure("a response", &response::response(), python)?,
    ])
}

fn new_buffers() -> [NewBuffers; 3] {
    [
        NewBuffers::measure("a response", &response::response()),
        NewBuffers::measure("twitter", &twitter::twitter()),
        NewBuffers::measure("strings, CJK", &plain::cjk()),
    ]
}

fn dom(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value)
}
