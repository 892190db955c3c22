//! The test kit, as an author uses it.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod instance;
mod interface;
mod runs;
mod stops;
mod subject;
