//! Processes lines of input.

use std::io;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use crate::line;

/// Why processing stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A line cannot be processed; the output for earlier lines is complete.
    #[error("input line {number}: {cause}")]
    Line {
        /// Counted from 1.
        number: usize,
        cause: line::Error,
    },
    #[error("cannot read the input: {0}")]
    Input(#[source] io::Error),
    #[error("cannot write the output: {0}")]
    Output(#[source] io::Error),
}

/// Writes a line of output for each line of input, and flushes before waiting for more input.
///
/// # Errors
/// At the first line that cannot be processed, or if a stream fails.
pub(crate) fn run(input: impl Read, output: impl Write) -> Result<(), Error> {
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(output);
    let mut bytes = Vec::new();
    let mut number = 0;
    while input.read_until(b'\n', &mut bytes).map_err(Error::Input)? > 0 {
        number += 1;
        match line::dumps(&bytes) {
            Ok(text) => writeln!(output, "{text}").map_err(Error::Output)?,
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
