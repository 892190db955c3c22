//! Tests without a worker: quality of the detection, file formats and errors.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod formats;
mod plugin;
mod quality;
mod refusals;
mod support;
