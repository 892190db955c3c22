//! The sections, each of which prints a table.

mod boundary;
mod control;
mod echo;
mod ends;
mod json;
mod python;
mod start;
mod stream;

pub(crate) use boundary::boundary;
pub(crate) use control::control;
pub(crate) use echo::echo;
pub(crate) use ends::ends;
pub(crate) use json::json;
pub(crate) use python::python;
pub(crate) use start::start;
pub(crate) use stream::stream;

/// The plugin and class that most sections call.
const CONFORMANCE: (&str, [&str; 2]) = ("conformance", ["--class", "Conformance"]);
/// The class with four concurrent runs.
const PARALLEL: (&str, [&str; 2]) = ("conformance", ["--class", "Parallel"]);
