//! The body of a call, as borrowed pieces of its text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::bind::error::BindError;
use crate::bind::{message, text};

/// The name and the JSON text of a keyword argument.
pub(super) type Keyword<'a> = (Cow<'a, str>, &'a RawValue);

/// The arguments in a body.
#[derive(Default)]
pub(super) struct CallBody<'a> {
    pub(super) args: Vec<&'a RawValue>,
    pub(super) kwargs: Vec<Keyword<'a>>,
}

impl<'a> CallBody<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, BindError> {
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => match text::check(text) {
                Ok(()) => wrong_shape(text),
                Err(syntax) => syntax,
            },
            _ => text::syntax(&error),
        })
    }
}

/// Explains why a JSON text is not a call.
fn wrong_shape(text: &str) -> BindError {
    let kind = message::kind_of;
    let message = match serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(text) {
        Err(_) => format!("the body must be a JSON object, not {}", kind(text)),
        Ok(parts) => match (parts.get("args"), parts.get("kwargs")) {
            (Some(args), _) if !args.get().starts_with(['[', 'n']) => {
                format!("args must be an array, not {}", kind(args.get()))
            }
            (_, Some(kwargs)) if !kwargs.get().starts_with(['{', 'n']) => {
                format!("kwargs must be an object, not {}", kind(kwargs.get()))
            }
            _ => "args must be an array, and kwargs an object".to_owned(),
        },
    };
    BindError::Shape { message }
}

impl<'de: 'a, 'a> Deserialize<'de> for CallBody<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CallBodyVisitor;

        impl<'de> Visitor<'de> for CallBodyVisitor {
            type Value = CallBody<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the object of a call")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CallBody<'de>, A::Error> {
                let mut body = CallBody::default();
                while let Some(key) = map.next_key::<Name<'de>>()? {
                    match &*key.0 {
                        // Null is as left out: some languages write an empty list or map so.
                        "args" => {
                            body.args = map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        "kwargs" => {
                            let Keywords(kwargs) =
                                map.next_value::<Option<_>>()?.unwrap_or_default();
                            body.kwargs = remove_duplicates(kwargs);
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(body)
            }
        }

        deserializer.deserialize_map(CallBodyVisitor)
    }
}

/// All members of a JSON object in order, including duplicates.
#[derive(Default)]
pub(super) struct Keywords<'a>(pub(super) Vec<Keyword<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Keywords<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeywordsVisitor;

        impl<'de> Visitor<'de> for KeywordsVisitor {
            type Value = Keywords<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the object of keyword arguments")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keywords<'de>, A::Error> {
                let mut kwargs: Vec<Keyword<'de>> = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    kwargs.push((name, value));
                }
                Ok(Keywords(kwargs))
            }
        }

        deserializer.deserialize_map(KeywordsVisitor)
    }
}

/// Up to this many names, comparing each name with all others is cheaper than a hash map.
const FEW: usize = 16;

/// Removes duplicate names: the last value takes the place of the first, as in Python.
fn remove_duplicates(members: Vec<Keyword<'_>>) -> Vec<Keyword<'_>> {
    // A hash map for many names, because the caller controls how many there are.
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let many = members.len() > FEW;
    let mut kept: Vec<Keyword<'_>> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let place = if many {
            *places.entry(name.clone()).or_insert(kept.len())
        } else {
            kept.iter().position(|(known, _)| *known == name).unwrap_or(kept.len())
        };
        match kept.get_mut(place) {
            Some(known) => known.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}

/// A key, borrowed unless it contains an escape; serde's own `Cow` always copies.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}
