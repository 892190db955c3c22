//! The sections of the page.

mod bodies;
mod calls;
mod control;
mod ends;
mod growth;
mod instructions;
mod json;
mod mixed;
mod python;
mod rest;
mod start;
mod stream;

use std::error::Error;

use crate::report::Section;
use crate::settings::Settings;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// A section by its name on the command line.
struct Row {
    name: &'static str,
    measure: fn(&Settings) -> Outcome<Section>,
    when: When,
}

/// Which runs measure a section that was not asked for by its name.
#[derive(PartialEq, Eq)]
enum When {
    Always,
    /// Not if it shall be quick.
    Full,
    /// Only by name.
    Asked,
}

/// In the order of the page.
const ROWS: [Row; 12] = [
    Row { name: "calls", measure: calls::calls, when: When::Always },
    Row { name: "bodies", measure: bodies::bodies, when: When::Always },
    Row { name: "stream", measure: stream::stream, when: When::Always },
    Row { name: "control", measure: control::control, when: When::Always },
    Row { name: "mixed", measure: mixed::mixed, when: When::Always },
    Row { name: "start", measure: start::start, when: When::Always },
    Row { name: "rest", measure: rest::rest, when: When::Always },
    Row { name: "ends", measure: ends::ends, when: When::Full },
    Row { name: "growth", measure: growth::growth, when: When::Full },
    Row { name: "instructions", measure: instructions::instructions, when: When::Full },
    Row { name: "json", measure: json::json, when: When::Full },
    Row { name: "python", measure: python::python, when: When::Asked },
];

/// The names of all sections, in the order of the page.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// The names of the sections that a run without names measures.
pub(crate) fn usual(quick: bool) -> impl Iterator<Item = &'static str> {
    let is_usual = move |row: &&Row| row.when == When::Always || row.when == When::Full && !quick;
    ROWS.iter().filter(is_usual).map(|row| row.name)
}

/// Measures the section with this name.
pub(crate) fn measure(name: &str, settings: &Settings) -> Outcome<Section> {
    let row = ROWS.iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| format!("unknown section '{name}'"))?;
    (row.measure)(settings).map_err(|error| format!("{name}: {error}").into())
}
