//! What does not fit, and the words for it.

use std::fmt;

use serde::de;
use universal_worker_sanitize::suggest;

use crate::bind::BindError;
use crate::bind::words;

/// What a type says when it does not take what it is given; [`words`] tells it.
#[derive(Debug)]
pub(super) enum Misfit {
    /// It was not asked why.
    Unexplained,
    Missing(&'static str),
    Multiple(String),
    Unexpected {
        name: String,
        near: Option<&'static str>,
    },
    /// A value of this name, with the path within it and what is wrong there.
    Value {
        name: String,
        path: String,
        told: String,
        is_text: bool,
    },
    /// In words of the type's own.
    Other(String),
}

/// What is given to a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Call,
    Config,
}

impl Misfit {
    pub(super) fn unexpected(name: &str, names: &[&'static str]) -> Self {
        Self::Unexpected {
            name: name.to_owned(),
            near: suggest(name, names.iter().copied()).first().copied(),
        }
    }

    /// In the words for what was given.
    pub(super) fn of(self, subject: Subject) -> BindError {
        let about = |name: String, message| BindError::Arguments { message, field: Some(name) };
        match self {
            Self::Unexplained => BindError::Arguments {
                message: format!("the {} does not fit", subject.whole()),
                field: None,
            },
            Self::Missing(name) => {
                about(name.to_owned(), format!("missing required {} '{name}'", subject.part()))
            }
            Self::Multiple(name) => {
                let message = format!("got multiple values for {} '{name}'", subject.part());
                about(name, message)
            }
            Self::Unexpected { name, near } => {
                let hint = near.map(|near| format!(" (did you mean '{near}'?)"));
                let (kind, name) = (subject.named_part(), words::echoed(&name).into_owned());
                let hint = hint.unwrap_or_default();
                let message = format!("unexpected {kind} '{name}'{hint}");
                about(name, message)
            }
            Self::Value { name, path, told, is_text } => {
                let place = format!("{name}{path}");
                let message = format!("{} '{place}': {told}", subject.part());
                if is_text { about(place, message) } else { BindError::Syntax { message } }
            }
            Self::Other(message) => {
                let message = match subject {
                    Subject::Call => message,
                    Subject::Config => format!("config: {message}"),
                };
                BindError::Arguments { message, field: None }
            }
        }
    }
}

impl Subject {
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

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(words::translated(&message.to_string()))
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

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it does not fit")
    }
}

impl std::error::Error for Misfit {}
