//! The tables.

mod echo;
mod health;
mod start;
mod stream;

pub(crate) use echo::echo;
pub(crate) use health::health;
pub(crate) use start::start;
pub(crate) use stream::stream;

/// The plugin that most sections call, and the class in it.
const CONFORMANCE: (&str, [&str; 2]) = ("conformance", ["--class", "Conformance"]);
