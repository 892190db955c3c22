//! Drives the real executable with real plugins over real sockets.
//!
//! `cargo xtask test` builds the worker and the plugins and sets their location.

#![allow(clippy::print_stdout, reason = "tests print measurements and what they skip")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod abi;
mod accounts;
mod announcement;
mod bodies;
mod cancel;
mod check;
mod config;
mod connections;
mod control;
mod crashes;
mod damaged_library;
mod deadlines;
mod descendants;
mod disconnects;
mod drain;
mod endurance;
mod exec;
mod files_of_others;
mod frames;
mod half_closed;
mod handover;
mod health;
mod idle;
mod json_logs;
mod kept;
mod kept_by_host;
mod lifecycle;
mod load;
mod logs;
mod mutations;
mod optional_features;
mod progress;
mod python;
mod races;
mod raw_requests;
mod recorded;
mod recycle;
mod run_ids;
mod runs;
mod samples;
mod sockets;
mod starts;
mod stdout;
mod streams;
mod support;
mod system;
mod tags;
mod upgrade;
mod usage;
mod wedged;
