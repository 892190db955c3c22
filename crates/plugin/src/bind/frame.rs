//! The frame of a call: its arguments as pieces of its text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de;
use serde::de::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::bind::BindError;
use crate::bind::text;
use crate::bind::words;

/// A keyword argument: its name and its text.
pub(super) type Keyword<'a> = (Cow<'a, str>, &'a RawValue);

/// What a body says, in pieces of its text.
#[derive(Default)]
pub(super) struct Frame<'a> {
    pub(super) args: Vec<&'a RawValue>,
    pub(super) kwargs: Vec<Keyword<'a>>,
}

impl<'a> Frame<'a> {
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

/// What is wrong with a text that is JSON and no frame.
fn wrong_shape(text: &str) -> BindError {
    let kind = words::kind_of;
    let message = match serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(text) {
        Err(_) => format!("the body must be a JSON object, not {}", kind(text)),
        Ok(parts) => match (parts.get("args"), parts.get("kwargs")) {
            (Some(args), _) if !args.get().starts_with('[') => {
                format!("args must be an array, not {}", kind(args.get()))
            }
            (_, Some(kwargs)) if !kwargs.get().starts_with('{') => {
                format!("kwargs must be an object, not {}", kind(kwargs.get()))
            }
            _ => "args must be an array, and kwargs an object".to_owned(),
        },
    };
    BindError::Shape { message }
}

impl<'de: 'a, 'a> Deserialize<'de> for Frame<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FrameVisitor;

        impl<'de> Visitor<'de> for FrameVisitor {
            type Value = Frame<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the object of a call")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Frame<'de>, A::Error> {
                let mut frame = Frame::default();
                while let Some(key) = map.next_key::<Name<'de>>()? {
                    match &*key.0 {
                        "args" => frame.args = map.next_value()?,
                        "kwargs" => {
                            frame.kwargs = last_of_each(map.next_value::<Keywords<'de>>()?.0)
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(frame)
            }
        }

        deserializer.deserialize_map(FrameVisitor)
    }
}

/// Every name and value as they are given, be it that a name is there twice.
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

/// Up to this many names, comparing each with all is cheaper than a table.
const FEW: usize = 16;

/// Of a name that is there twice the last value stays, in the first one's place, as in Python.
fn last_of_each(given: Vec<Keyword<'_>>) -> Vec<Keyword<'_>> {
    // A table, since the caller says how many names there are.
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let many = given.len() > FEW;
    let mut kept: Vec<Keyword<'_>> = Vec::with_capacity(given.len());
    for (name, value) in given {
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

/// A key, borrowed where no escape stands in it; serde's own `Cow` always copies.
struct Name<'a>(Cow<'a, str>);

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
