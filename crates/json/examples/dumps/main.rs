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
//! raises `ValueError` or `RecursionError`.
//! A line that cannot be read ends the program with exit code 1.

use std::io;
use std::process::ExitCode;

mod line;
mod options;
mod stream;
mod value;

fn main() -> ExitCode {
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
