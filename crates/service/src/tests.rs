//! Tests of several modules together.

mod access;
mod canary;
mod cancel;
mod engine;
mod first_lane;
mod interleavings;
mod kept_lines;
mod lines;
mod on_cancel;
mod threads;
