//! Tests of the test kit, as an author uses it.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod class_schema;
mod instance;
mod runs;
mod stops;
mod subject;
