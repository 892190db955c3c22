//! The tables.

mod boundary;
mod control;
mod echo;
mod ends;
mod json;
mod start;
mod stream;

pub(crate) use boundary::boundary;
pub(crate) use control::control;
pub(crate) use echo::echo;
pub(crate) use ends::ends;
pub(crate) use json::json;
pub(crate) use start::start;
pub(crate) use stream::stream;

/// The plugin that most sections call, and the class in it.
const CONFORMANCE: (&str, [&str; 2]) = ("conformance", ["--class", "Conformance"]);
/// The class that takes four runs at once.
const PARALLEL: (&str, [&str; 2]) = ("conformance", ["--class", "Parallel"]);
