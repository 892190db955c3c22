//! Assigns arguments to fields.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::bind::call_body::{CallBody, Keyword, Keywords};
use crate::bind::error::BindError;
use crate::bind::fields::Binding;
use crate::bind::mismatch::{Mismatch, Source};
use crate::bind::text;

/// The arguments of a call, each with the name of its field.
pub(super) struct BoundArgs<'a> {
    pub(super) positional: Vec<&'a RawValue>,
    pub(super) named: Vec<Keyword<'a>>,
}

impl<'a> BoundArgs<'a> {
    pub(super) fn new(body: CallBody<'a>, binding: &Binding) -> Result<Self, BindError> {
        let CallBody { args, kwargs } = body;
        let (positional, names) = match binding {
            Binding::Raw => return Ok(Self { positional: args, named: kwargs }),
            Binding::Keywords if args.is_empty() => {
                return Ok(Self { positional: args, named: kwargs });
            }
            Binding::Keywords => {
                let given = args.len();
                return Err(invalid_arguments(format!(
                    "takes its arguments by keyword, but {given} were given by position"
                )));
            }
            Binding::Fields { positional, names } => (positional, names),
        };
        if args.len() > positional.len() {
            let (takes, given) = (positional.len(), args.len());
            let plural = if takes == 1 { "" } else { "s" };
            return Err(invalid_arguments(format!(
                "takes {takes} positional argument{plural} but {given} were given"
            )));
        }
        let taken = &positional[..args.len()];
        for (name, _) in &kwargs {
            if taken.contains(&&**name) {
                return Err(Mismatch::Multiple(name.clone().into_owned()).explain(Source::Call));
            }
            if !names.contains(&&**name) {
                return Err(Mismatch::unexpected(name, names).explain(Source::Call));
            }
        }
        let mut named: Vec<Keyword<'a>> = Vec::with_capacity(args.len() + kwargs.len());
        named.extend(taken.iter().zip(args).map(|(name, value)| (Cow::Borrowed(*name), value)));
        named.extend(kwargs);
        Ok(Self { positional: Vec::new(), named })
    }

    /// Reads the fields of a config, which is a JSON object.
    pub(super) fn from_config(text: &'a str) -> Result<Self, BindError> {
        let Keywords(named) = serde_json::from_str(text).map_err(|error| text::syntax(&error))?;
        Ok(Self { positional: Vec::new(), named })
    }
}

fn invalid_arguments(message: String) -> BindError {
    BindError::Arguments { message, field: None }
}
