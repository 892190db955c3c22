//! Runs one plugin in a process of its own and serves it over HTTP.
fn main() {}
