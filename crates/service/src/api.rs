//! HTTP: translation only, from requests to runs and back.

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod error;
pub(crate) mod handlers;
pub(crate) mod intake;
pub(crate) mod last_asked;
pub(crate) mod routes;
pub(crate) mod run_headers;
pub(crate) mod wishes;
