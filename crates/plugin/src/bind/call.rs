//! The frame of a call, and its arguments as a deserializer for the author's type.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de;
use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::IgnoredAny;
use serde::de::IntoDeserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde::de::value::CowStrDeserializer;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::bind::BindError;
use crate::bind::fields::Binding;
use crate::bind::raw_args;
use crate::bind::text;
use crate::bind::words;

/// A keyword argument: its name and its text.
type Keyword<'a> = (Cow<'a, str>, &'a RawValue);

/// What a body says, in pieces of its text.
#[derive(Default)]
pub(super) struct Frame<'a> {
    args: Vec<&'a RawValue>,
    kwargs: Vec<Keyword<'a>>,
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
    #[derive(Deserialize)]
    struct Parts<'a> {
        #[serde(borrow)]
        args: Option<&'a RawValue>,
    }
    let message = match serde_json::from_str::<Parts<'_>>(text) {
        _ if !text.trim_ascii_start().starts_with('{') => {
            format!("the body must be a JSON object, not {}", words::kind_of(text))
        }
        Ok(Parts { args: Some(args) }) if !args.get().starts_with('[') => {
            format!("args must be an array, not {}", words::kind_of(args.get()))
        }
        _ if text.contains("\"args\":null") => "args must be an array, not null".to_owned(),
        _ => "args must be an array, and kwargs an object".to_owned(),
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
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "args" => frame.args = map.next_value()?,
                        "kwargs" => frame.kwargs = map.next_value::<Keywords<'de>>()?.0,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(frame)
            }
        }

        deserializer.deserialize_map(FrameVisitor)
    }
}

struct Keywords<'a>(Vec<Keyword<'a>>);

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
                while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    // Of a key that is there twice, the last wins, as in Python.
                    match kwargs.iter_mut().find(|(known, _)| *known == name) {
                        Some(known) => known.1 = value,
                        None => kwargs.push((name, value)),
                    }
                }
                Ok(Keywords(kwargs))
            }
        }

        deserializer.deserialize_map(KeywordsVisitor)
    }
}

/// The arguments of a call, each with the name of the field that takes it.
pub(super) struct Bound<'a> {
    positional: Vec<&'a RawValue>,
    named: Vec<Keyword<'a>>,
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
                return Err(multiple_values(name));
            }
            if !names.contains(&&**name) {
                return Err(unexpected(name, names));
            }
        }
        let mut named: Vec<Keyword<'a>> = Vec::with_capacity(args.len() + kwargs.len());
        named.extend(taken.iter().zip(args).map(|(name, value)| (Cow::Borrowed(*name), value)));
        named.extend(kwargs);
        Ok(Self { positional: Vec::new(), named })
    }

    /// For the type itself.
    pub(super) fn fast(&self) -> Arguments<'_, 'a> {
        Arguments { bound: self, explain: false }
    }

    /// The same, with words and path for what does not fit.
    pub(super) fn explained(&self) -> Arguments<'_, 'a> {
        Arguments { bound: self, explain: true }
    }
}

fn arguments(message: String) -> BindError {
    BindError::Arguments { message, field: None }
}

fn about(name: &str, message: String) -> BindError {
    BindError::Arguments { message, field: Some(name.to_owned()) }
}

fn multiple_values(name: &str) -> BindError {
    about(name, format!("got multiple values for argument '{name}'"))
}

fn unexpected(name: &str, names: &[&str]) -> BindError {
    let near = words::nearest(name, names);
    let hint = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
    about(name, format!("unexpected keyword argument '{name}'{hint}"))
}

/// The deserializer of a call.
pub(super) struct Arguments<'b, 'a> {
    bound: &'b Bound<'a>,
    explain: bool,
}

/// What a type says when it does not take its arguments.
#[derive(Debug)]
pub(super) struct Misfit(Option<BindError>);

impl From<Misfit> for BindError {
    fn from(misfit: Misfit) -> Self {
        misfit.0.unwrap_or_else(|| arguments("the arguments do not fit".to_owned()))
    }
}

impl<'de: 'b, 'b> Deserializer<'de> for Arguments<'b, 'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_map(Named {
            rest: self.bound.named.iter(),
            value: None,
            explain: self.explain,
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if name == raw_args::TOKEN {
            visitor.visit_seq(Whole { bound: self.bound, part: Cell::new(0) })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.bound.named.first() {
            None => visitor.visit_unit(),
            Some((name, _)) => Err(Misfit(Some(unexpected(name, &[])))),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_unit(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The arguments by name.
struct Named<'b, 'a> {
    rest: std::slice::Iter<'b, Keyword<'a>>,
    value: Option<&'b Keyword<'a>>,
    explain: bool,
}

impl<'de: 'b, 'b> MapAccess<'de> for Named<'b, 'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        self.value = self.rest.next();
        let Some((name, _)) = self.value else { return Ok(None) };
        let name: CowStrDeserializer<'_, Misfit> = Cow::Borrowed(&**name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((name, value)) = self.value.take() else { return Err(Misfit(None)) };
        let mut json = serde_json::Deserializer::from_str(value.get());
        if !self.explain {
            return seed.deserialize(&mut json).map_err(|_| Misfit(None));
        }
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        seed.deserialize(tracked).map_err(|error| {
            let path = track.path().to_string();
            let (dot, path) = match path.as_str() {
                "." => ("", ""),
                path if path.starts_with('[') => ("", path),
                path => (".", path),
            };
            let message = format!("argument '{name}{dot}{path}': {}", words::of(&error));
            Misfit(Some(match error.classify() {
                Category::Data => about(name, message),
                _ => BindError::Syntax { message },
            }))
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The call as [`RawArgs`](crate::RawArgs) takes it: positional arguments, then keywords.
struct Whole<'b, 'a> {
    bound: &'b Bound<'a>,
    part: Cell<u8>,
}

impl<'de: 'b, 'b> SeqAccess<'de> for Whole<'b, 'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        let part = self.part.get();
        self.part.set(part + 1);
        match part {
            0 => seed.deserialize(Positional(self.bound.positional.iter())).map(Some),
            1 => seed.deserialize(Arguments { bound: self.bound, explain: false }).map(Some),
            _ => Ok(None),
        }
    }
}

struct Positional<'b, 'a>(std::slice::Iter<'b, &'a RawValue>);

impl<'de: 'b, 'b> Deserializer<'de> for Positional<'b, 'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_seq(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de: 'b, 'b> SeqAccess<'de> for Positional<'b, 'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        let Some(value) = self.0.next() else { return Ok(None) };
        let mut json = serde_json::Deserializer::from_str(value.get());
        seed.deserialize(&mut json).map(Some).map_err(|_| Misfit(None))
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the arguments do not fit")
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Some(arguments(words::translated(&message.to_string()))))
    }

    fn missing_field(name: &'static str) -> Self {
        Self(Some(about(name, format!("missing required argument '{name}'"))))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self(Some(multiple_values(name)))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self(Some(unexpected(name, expected)))
    }
}
