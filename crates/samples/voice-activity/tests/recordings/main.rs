//! Tests without a worker: the plugin, file formats and errors.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod formats;
mod pcm;
mod plugin;
mod refusals;
mod support;
