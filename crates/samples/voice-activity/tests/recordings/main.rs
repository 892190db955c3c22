//! Tests without a worker: the plugin, file formats and errors.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod formats;
mod plugin;
mod refusals;
mod support;
