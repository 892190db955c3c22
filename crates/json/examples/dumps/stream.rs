//! Lines in, answers out.

use std::io;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use crate::line;

/// Why there are no further answers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A line has no answer; the ones before it are answered.
    #[error("input line {number}: {cause}")]
    Line {
        /// Counted from 1.
        number: usize,
        cause: line::Error,
    },
    #[error("input cannot be read: {0}")]
    Input(#[source] io::Error),
    #[error("output cannot be written: {0}")]
    Output(#[source] io::Error),
}

/// Answers each line of `input` by one of `output`, which is flushed before it waits for another line.
///
/// # Errors
/// At the first line that cannot be read, or when a stream fails.
pub(crate) fn run(input: impl Read, output: impl Write) -> Result<(), Error> {
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(output);
    let mut bytes = Vec::new();
    let mut number = 0;
    while input.read_until(b'\n', &mut bytes).map_err(Error::Input)? > 0 {
        number += 1;
        match line::answer(&bytes) {
            Ok(answer) => writeln!(output, "{answer}").map_err(Error::Output)?,
            Err(cause) => {
                output.flush().map_err(Error::Output)?;
                return Err(Error::Line { number, cause });
            }
        }
        if !input.buffer().contains(&b'\n') {
            output.flush().map_err(Error::Output)?;
        }
        bytes.clear();
    }
    output.flush().map_err(Error::Output)
}
