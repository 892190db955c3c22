//! Our encoder beside serde_json and CPython's `json.dumps`.

mod answer;
mod canada;
mod citm;
mod cpython;
mod fresh;
mod plain;
mod random;
mod row;
mod table;
mod text;
mod turns;
mod twitter;

use std::error::Error;

use serde::Serialize;
use serde_json::Value;

use cpython::Outcome;
use cpython::Python;
use fresh::Fresh;
use row::Row;
use turns::ROUNDS;
use turns::TURN;

pub(crate) fn json() -> Result<(), Box<dyn Error>> {
    let python = Python::find();
    print_method(python.as_ref());
    let rows = rows(python.as_ref())?;
    let fresh = fresh();
    table::print_compact(&rows);
    println!();
    table::print_python(&rows);
    println!();
    table::print_fresh(&fresh);
    println!();
    differences(&rows)
}

/// The figures of other text are worth nothing: an error, after all that can be said.
fn differences(rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let of = |row: &Row| match &row.cpython {
        Outcome::Differs(how) => Some(format!("{}: {how}", row.name)),
        Outcome::None | Outcome::Same(_) => None,
    };
    let differences: Vec<String> = rows.iter().filter_map(of).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

fn print_method(python: Option<&Python>) {
    let python = python.map_or_else(
        || "There is no `python3` of CPython to compare with.".to_owned(),
        |python| {
            format!(
                "After each data set comes {}, in a process of its own; where `python()` writes \
                 other bytes than its `json.dumps`, the row says so and the section fails.",
                python.version
            )
        },
    );
    println!(
        "## JSON\n\nThe Rust encoders take turns, {ROUNDS} rounds of at least {} ms each, and write \
         into a buffer that is used again; what they write was read back.\n{python}\n\
         A time is the median of the rounds (in brackets the best), a ratio the median of the \
         ratios of the rounds: above 1, ours is faster; where the compiler \
         puts a loop can move a row of strings by a third, from one build to the next.\n\
         Values are scalars, arrays and objects, but not keys; they are typed structs, or, in the \
         rows that say DOM, a `serde_json::Value`.\n",
        TURN.as_millis()
    );
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
        Row::measure("floats of any bits", &plain::any_floats(), python)?,
        Row::measure("ordinary floats", &plain::ordinary_floats(), python)?,
        Row::measure("integers", &plain::integers(), python)?,
        Row::measure("strings, ASCII", &plain::ascii(), python)?,
        Row::measure("strings, 1 in 20 escaped", &plain::with_escapes(), python)?,
        Row::measure("strings, CJK", &plain::cjk(), python)?,
        Row::measure("an answer", &answer::answer(), python)?,
    ])
}

fn fresh() -> [Fresh; 3] {
    [
        Fresh::measure("an answer", &answer::answer()),
        Fresh::measure("twitter", &twitter::twitter()),
        Fresh::measure("strings, CJK", &plain::cjk()),
    ]
}

fn dom(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value)
}
