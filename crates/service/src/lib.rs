//! Serves a plugin over HTTP and JSON.
