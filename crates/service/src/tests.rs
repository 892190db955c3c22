//! Tests of several modules together.

mod cancel;
mod engine;
mod interleavings;
mod lines;
mod threads;
