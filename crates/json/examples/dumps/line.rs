//! One line of input: `{"options": {…}, "value": …}`.

use serde::Deserialize;
use serde_json::value::RawValue;
use universal_worker_json::Encoder;

use crate::options::{LEVELS, Options};
use crate::value::Value;
use crate::{options, value};

/// Why a line cannot be processed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Unwritable(#[from] universal_worker_json::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(default)]
    options: Options,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// The output of `json.dumps` as a JSON string; `null` if Python raises an exception.
///
/// # Errors
/// If the line does not have the form above, or cannot be encoded for a reason that Python does not have.
pub(crate) fn dumps(line: &[u8]) -> Result<String, Error> {
    let line: Line<'_> = serde_json::from_slice(line)?;
    Ok(Encoder::compact().to_string(&line.dumps()?)?)
}

impl Line<'_> {
    /// The text; `None` if Python raises an exception.
    fn dumps(&self) -> Result<Option<String>, Error> {
        // Parsing takes stack for each level. One level more is left to the encoder to reject, since a float can
        // look like an object.
        if value::levels(self.value) > LEVELS + 1 {
            return Ok(None);
        }
        match self.options.encoder().to_string(&Value::read(self.value)?) {
            Ok(text) => Ok(Some(text)),
            Err(error) if options::python_raises(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
