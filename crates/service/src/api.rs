//! The HTTP API: translates requests to calls of [`Runs`](crate::runs::Runs), and results to responses.

pub(crate) mod body;
pub(crate) mod body_reader;
pub(crate) mod body_text;
pub(crate) mod dispatch;
pub(crate) mod error;
mod handlers;
mod health;
pub(crate) mod idle_tracker;
mod query;
mod reply;
mod response;
mod response_headers;
pub(crate) mod routes;
mod run_headers;
pub(crate) mod state;
mod trace_headers;
mod tree_stats;
