//! The way from a file to its segments, without a worker: how well speech is found, in which files,
//! and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod formats;
mod plugin;
mod quality;
mod refusals;
mod support;
