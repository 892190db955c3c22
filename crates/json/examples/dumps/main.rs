//! What `json.dumps` does, as a program: a JSON object a line in, a JSON string a line out.
//!
//! ```text
//! {"options": {"sort_keys": true}, "value": {"b": 1, "a": {"$float": "inf"}}}
//! "{\"a\": Infinity, \"b\": 1}"
//! {"options": {"allow_nan": false}, "value": {"$float": "nan"}}
//! null
//! ```
//!
//! [`options`] has the options by Python's names, [`value`] the forms of a value; the answer is `null` where Python
//! raises `ValueError` or `RecursionError`; but for integers of more than 4,300 digits, which Python by default refuses to
//! write and this does not.
//! A line that cannot be read ends the program with exit code 1.

use std::io;
use std::process::ExitCode;
use std::thread;

mod line;
mod options;
mod stream;
mod value;

/// Bytes for the frames of the deepest values, which are large where nothing is optimised.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let answering = thread::Builder::new().stack_size(STACK).spawn(answer_all);
    let answered = answering.map(|thread| thread.join().unwrap_or(ExitCode::FAILURE));
    answered.unwrap_or_else(|error| {
        eprintln!("dumps: no thread can be started: {error}");
        ExitCode::FAILURE
    })
}

fn answer_all() -> ExitCode {
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
