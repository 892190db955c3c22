//! Errors of deserialization, and their messages.

use std::fmt;

use serde::de;
use universal_worker_sanitize::suggest;

use crate::bind::error::BindError;
use crate::bind::message;

/// Why a value does not fit a type; [`message`] has the wording.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// The reason was discarded.
    Unexplained,
    Missing(&'static str),
    Multiple(String),
    Unexpected {
        name: String,
        suggestion: Option<&'static str>,
    },
    /// The value of a field is wrong: the path within the value, and the reason.
    Value {
        name: String,
        path: String,
        reason: String,
        is_text: bool,
    },
    /// A message of the type itself.
    Other(String),
}

/// What is deserialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Call,
    Config,
}

impl Mismatch {
    pub(super) fn unexpected(name: &str, names: &[&'static str]) -> Self {
        Self::Unexpected {
            name: name.to_owned(),
            suggestion: suggest(name, names.iter().copied()).first().copied(),
        }
    }

    /// The error for the caller.
    pub(super) fn explain(self, source: Source) -> BindError {
        let about = |name: String, message| BindError::Arguments { message, field: Some(name) };
        match self {
            Self::Unexplained => BindError::Arguments {
                message: format!("the {} does not fit", source.whole()),
                field: None,
            },
            Self::Missing(name) => {
                about(name.to_owned(), format!("missing required {} '{name}'", source.part()))
            }
            Self::Multiple(name) => {
                let message = format!("got multiple values for {} '{name}'", source.part());
                about(name, message)
            }
            Self::Unexpected { name, suggestion } => {
                let hint = suggestion.map(|known| format!(" (did you mean '{known}'?)"));
                let (kind, name) = (source.named_part(), message::echoed(&name).into_owned());
                let hint = hint.unwrap_or_default();
                let message = format!("unexpected {kind} '{name}'{hint}");
                about(name, message)
            }
            Self::Value { name, path, reason, is_text } => {
                let place = format!("{name}{path}");
                let message = format!("{} '{place}': {reason}", source.part());
                if is_text { about(place, message) } else { BindError::Syntax { message } }
            }
            Self::Other(message) => {
                let message = match source {
                    Source::Call => message,
                    Source::Config => format!("config: {message}"),
                };
                BindError::Arguments { message, field: None }
            }
        }
    }
}

impl Source {
    const fn whole(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Config => "config",
        }
    }

    const fn part(self) -> &'static str {
        match self {
            Self::Call => "argument",
            Self::Config => "config field",
        }
    }

    const fn named_part(self) -> &'static str {
        match self {
            Self::Call => "keyword argument",
            Self::Config => "config field",
        }
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message::translated(&message.to_string()))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Multiple(name.to_owned())
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self::unexpected(name, expected)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit")
    }
}

impl std::error::Error for Mismatch {}
