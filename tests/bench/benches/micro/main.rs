//! Microbenchmarks of the parts of a call, without sockets and processes.
//!
//! `cargo xtask bench micro` runs them; the figures are those of this machine, and are not kept.

#![allow(missing_docs, reason = "criterion's macros write a main function without docs")]
#![allow(clippy::unwrap_used, reason = "a panic ends the measurement")]

mod binding;
mod boundary;
mod context;
mod encoder;
mod service;

criterion::criterion_group!(
    benches,
    encoder::benches,
    binding::benches,
    boundary::benches,
    service::run_engine,
    service::stream_buffer,
);
criterion::criterion_main!(benches);
