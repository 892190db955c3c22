//! Which argument goes to which field.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::bind::BindError;
use crate::bind::arguments::Arguments;
use crate::bind::arguments::OnMisfit;
use crate::bind::fields::Binding;
use crate::bind::frame::Frame;
use crate::bind::frame::Keyword;
use crate::bind::frame::Keywords;
use crate::bind::misfit::Misfit;
use crate::bind::misfit::Subject;
use crate::bind::text;

/// The arguments of a call, each with the name of the field that takes it.
pub(super) struct Bound<'a> {
    pub(super) positional: Vec<&'a RawValue>,
    pub(super) named: Vec<Keyword<'a>>,
}

impl<'a> Bound<'a> {
    pub(super) fn new(frame: Frame<'a>, binding: &Binding) -> Result<Self, BindError> {
        let Frame { args, kwargs } = frame;
        let (positional, names) = match binding {
            Binding::Raw => return Ok(Self { positional: args, named: kwargs }),
            Binding::Keywords if args.is_empty() => {
                return Ok(Self { positional: args, named: kwargs });
            }
            Binding::Keywords => {
                let given = args.len();
                return Err(arguments(format!(
                    "takes its arguments by keyword, but {given} were given by position"
                )));
            }
            Binding::Fields { positional, names } => (positional, names),
        };
        if args.len() > positional.len() {
            let (takes, given) = (positional.len(), args.len());
            let plural = if takes == 1 { "" } else { "s" };
            return Err(arguments(format!(
                "takes {takes} positional argument{plural} but {given} were given"
            )));
        }
        let taken = &positional[..args.len()];
        for (name, _) in &kwargs {
            if taken.contains(&&**name) {
                return Err(Misfit::Multiple(name.clone().into_owned()).of(Subject::Call));
            }
            if !names.contains(&&**name) {
                return Err(Misfit::unexpected(name, names).of(Subject::Call));
            }
        }
        let mut named: Vec<Keyword<'a>> = Vec::with_capacity(args.len() + kwargs.len());
        named.extend(taken.iter().zip(args).map(|(name, value)| (Cow::Borrowed(*name), value)));
        named.extend(kwargs);
        Ok(Self { positional: Vec::new(), named })
    }

    /// The fields of a config, which is a JSON object.
    pub(super) fn of_config(text: &'a str) -> Result<Self, BindError> {
        let Keywords(named) = serde_json::from_str(text).map_err(|error| text::syntax(&error))?;
        Ok(Self { positional: Vec::new(), named })
    }

    /// For the type itself.
    pub(super) fn fast(&self) -> Arguments<'_, 'a> {
        Arguments::new(self, OnMisfit::Fail)
    }

    /// The same, with words and path for what does not fit.
    pub(super) fn explained(&self) -> Arguments<'_, 'a> {
        Arguments::new(self, OnMisfit::Explain)
    }
}

fn arguments(message: String) -> BindError {
    BindError::Arguments { message, field: None }
}
