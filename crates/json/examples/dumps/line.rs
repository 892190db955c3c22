//! One line: `{"options": {…}, "value": …}`.

use serde::Deserialize;
use serde_json::value::RawValue;
use universal_worker_json::Encoder;

use crate::options;
use crate::options::LEVELS;
use crate::options::Options;
use crate::value;
use crate::value::Value;

/// Why a line has no answer.
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

/// What `json.dumps` writes, as a JSON string; `null` where it raises.
///
/// # Errors
/// When the line is no JSON of the form above, or cannot be written for a reason that Python does not have.
pub(crate) fn answer(line: &[u8]) -> Result<String, Error> {
    let line: Line<'_> = serde_json::from_slice(line)?;
    Ok(Encoder::compact().to_string(&line.dumps()?)?)
}

impl Line<'_> {
    /// The text; none where Python raises.
    fn dumps(&self) -> Result<Option<String>, Error> {
        // Reading would need as many frames on the stack. One level more is left to the encoder to refuse, for a
        // float can look like an object.
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
