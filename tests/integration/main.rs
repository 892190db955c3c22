//! Drives the real executable with real plugins over real sockets.
//!
//! `cargo xtask test` builds what is needed and says where it is.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

mod abi;
mod accounts;
mod announcement;
mod bodies;
mod cancel;
mod check;
mod config;
mod control;
mod crashes;
mod damaged_library;
mod deadlines;
mod descendants;
mod endurance;
mod frames;
mod ids;
mod leaving;
mod load;
mod logs;
mod offers;
mod pact;
mod progress;
mod races;
mod recorded;
mod runs;
mod samples;
mod sockets;
mod stdout;
mod streams;
mod support;
mod usage;
mod wedged;
