//! `json.dumps` as a program: reads one JSON object per line, writes one JSON string per line.
//!
//! ```text
//! {"options": {"sort_keys": true}, "value": {"b": 1, "a": {"$float": "inf"}}}
//! "{\"a\": Infinity, \"b\": 1}"
//! {"options": {"allow_nan": false}, "value": {"$float": "nan"}}
//! null
//! ```
//!
//! [`options`] has the options by their Python names, [`value`] the forms of a value.
//! The output is `null` if Python raises `ValueError` or `RecursionError`, except for integers of more than 4,300
//! digits, which Python rejects by default.
//! A line that cannot be parsed ends the program with exit code 1.

#![allow(clippy::print_stderr, reason = "a program reports its errors")]

use std::process::ExitCode;
use std::{io, thread};

mod line;
mod options;
mod stream;
mod value;

/// Stack size in bytes for the deepest values; frames are large without optimization.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let thread = thread::Builder::new().stack_size(STACK).spawn(process_all);
    let exit_code = thread.map(|thread| thread.join().unwrap_or(ExitCode::FAILURE));
    exit_code.unwrap_or_else(|error| {
        eprintln!("dumps: cannot start a thread: {error}");
        ExitCode::FAILURE
    })
}

fn process_all() -> ExitCode {
    match stream::run(io::stdin(), io::stdout().lock()) {
        Err(stream::Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("dumps: {error}");
            ExitCode::FAILURE
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}
