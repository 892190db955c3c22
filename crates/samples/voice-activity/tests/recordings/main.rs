//! Tests without a worker: the plugin, file formats and errors.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod codecs;
mod flac;
mod formats;
mod mpeg;
mod naming;
mod pcm;
mod plugin;
mod refusals;
mod streams;
mod support;
