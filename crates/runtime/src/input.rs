//! Reads JSON from the command line.

use std::fs;
use std::time::Duration;

use universal_worker_service::Canary;

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

/// The canary with the body of this input.
pub(crate) fn read_canary(input: &JsonInput, every: Duration) -> Result<Canary, Error> {
    let option = &input.option;
    Canary::new(read(input)?, every).map_err(|error| Error::usage(format!("{option}: {error}")))
}

/// The message of a plugin, which takes the text for the body of a request.
pub(crate) fn in_terms_of(option: &str, message: String) -> String {
    match message.strip_prefix("the body ") {
        Some(rest) => format!("{option} {rest}"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_option_instead_of_a_body() {
        let message = |text: &str| in_terms_of("--config", text.to_owned());
        assert_eq!(message("the body is not JSON: EOF"), "--config is not JSON: EOF");
        assert_eq!(message("threshold is the body of it"), "threshold is the body of it");
    }
}
