//! Reads JSON from the command line.

use std::fs;

use crate::config::{JsonContent, JsonInput};
use crate::error::Error;

/// The text itself, or the content of its file, unchanged.
pub(crate) fn read(input: &JsonInput) -> Result<Vec<u8>, Error> {
    match &input.content {
        JsonContent::Text(text) => Ok(text.clone().into_bytes()),
        JsonContent::File(file) => fs::read(file).map_err(|error| {
            let (option, file) = (&input.option, file.display());
            Error::usage(format!("{option}: cannot read {file}: {error}"))
        }),
    }
}
