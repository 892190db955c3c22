//! A deserializer of arguments for the type of the author.

use std::borrow::Cow;

use serde::de::value::{
    CowStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer,
};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use crate::bind::bound_args::BoundArgs;
use crate::bind::call_body::Keyword;
use crate::bind::mismatch::Mismatch;
use crate::bind::verbatim::Verbatim;
use crate::bind::{message, raw_args};

/// The deserializer.
pub(super) struct Arguments<'b, 'a> {
    bound: &'b BoundArgs<'a>,
    errors: Errors,
}

/// What to do about errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errors {
    /// Discard them: the fast path.
    Discard,
    /// Find a message and a path.
    Explain,
}

impl<'b, 'a> Arguments<'b, 'a> {
    pub(super) fn new(bound: &'b BoundArgs<'a>, errors: Errors) -> Self {
        Self { bound, errors }
    }

    fn named(self) -> NamedArguments<'b, 'a> {
        NamedArguments { rest: self.bound.named.iter(), value: None, errors: self.errors }
    }
}

impl<'de: 'b, 'b> Deserializer<'de> for Arguments<'b, 'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_map(self.named())
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_enum(MapAccessDeserializer::new(self.named()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == raw_args::TOKEN {
            visitor.visit_seq(RawCall { bound: self.bound, part: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.bound.named.first() {
            None => visitor.visit_unit(),
            Some((name, _)) => Err(Mismatch::unexpected(name, &[])),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_unit(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The named arguments.
struct NamedArguments<'b, 'a> {
    rest: std::slice::Iter<'b, Keyword<'a>>,
    value: Option<&'b Keyword<'a>>,
    errors: Errors,
}

impl<'de: 'b, 'b> MapAccess<'de> for NamedArguments<'b, 'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        self.value = self.rest.next();
        let Some((name, _)) = self.value else { return Ok(None) };
        let name: CowStrDeserializer<'_, Mismatch> = Cow::Borrowed(&**name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let Some((name, value)) = self.value.take() else { return Err(Mismatch::Unexplained) };
        let mut json = serde_json::Deserializer::from_str(value.get());
        if self.errors == Errors::Discard {
            return seed.deserialize(&mut json).map_err(|_| Mismatch::Unexplained);
        }
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        seed.deserialize(tracked).map_err(|error| {
            let path = track.path().to_string();
            let path = match path.as_str() {
                "." => String::new(),
                path if path.starts_with('[') => message::echoed(path).into_owned(),
                path => format!(".{}", message::echoed(path)),
            };
            Mismatch::Value {
                name: name.clone().into_owned(),
                path,
                reason: message::describe(&error),
                is_text: !message::is_unpaired_surrogate(&error),
            }
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The sequence that [`RawArgs`](crate::RawArgs) reads: positional arguments, then keywords.
struct RawCall<'b, 'a> {
    bound: &'b BoundArgs<'a>,
    part: u8,
}

impl<'de: 'b, 'b> SeqAccess<'de> for RawCall<'b, 'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let BoundArgs { positional, named } = self.bound;
        self.part += 1;
        match self.part {
            1 => {
                let args = positional.iter().map(|value| Verbatim(value));
                seed.deserialize(SeqDeserializer::new(args)).map(Some)
            }
            2 => {
                let kwargs = named.iter().map(|(name, value)| (&**name, Verbatim(value)));
                seed.deserialize(MapDeserializer::new(kwargs)).map(Some)
            }
            _ => Ok(None),
        }
    }
}
