//! The arguments of a call as a deserializer for the author's type.

use std::borrow::Cow;

use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::IntoDeserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde::de::value::CowStrDeserializer;
use serde::de::value::MapAccessDeserializer;
use serde_json::value::RawValue;

use crate::bind::bound::Bound;
use crate::bind::frame::Keyword;
use crate::bind::misfit::Misfit;
use crate::bind::raw_args;
use crate::bind::words;

/// The deserializer of a call.
pub(super) struct Arguments<'b, 'a> {
    bound: &'b Bound<'a>,
    on_misfit: OnMisfit,
}

/// What to do about an argument that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnMisfit {
    /// Nothing that costs time.
    Fail,
    /// Find words and path for it.
    Explain,
}

impl<'b, 'a> Arguments<'b, 'a> {
    pub(super) fn new(bound: &'b Bound<'a>, on_misfit: OnMisfit) -> Self {
        Self { bound, on_misfit }
    }

    fn named(self) -> Named<'b, 'a> {
        Named { rest: self.bound.named.iter(), value: None, on_misfit: self.on_misfit }
    }
}

impl<'de: 'b, 'b> Deserializer<'de> for Arguments<'b, 'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_map(self.named())
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_enum(MapAccessDeserializer::new(self.named()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if name == raw_args::TOKEN {
            visitor.visit_seq(Whole { bound: self.bound, part: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.bound.named.first() {
            None => visitor.visit_unit(),
            Some((name, _)) => Err(Misfit::unexpected(name, &[])),
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
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The arguments by name.
struct Named<'b, 'a> {
    rest: std::slice::Iter<'b, Keyword<'a>>,
    value: Option<&'b Keyword<'a>>,
    on_misfit: OnMisfit,
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
        let Some((name, value)) = self.value.take() else { return Err(Misfit::Unexplained) };
        let mut json = serde_json::Deserializer::from_str(value.get());
        if self.on_misfit == OnMisfit::Fail {
            return seed.deserialize(&mut json).map_err(|_| Misfit::Unexplained);
        }
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        seed.deserialize(tracked).map_err(|error| {
            let path = track.path().to_string();
            let path = match path.as_str() {
                "." => String::new(),
                path if path.starts_with('[') => words::echoed(path).into_owned(),
                path => format!(".{}", words::echoed(path)),
            };
            Misfit::Value {
                name: name.clone().into_owned(),
                path,
                told: words::of(&error),
                is_text: !words::is_unpaired_surrogate(&error),
            }
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The call as [`RawArgs`](crate::RawArgs) takes it: positional arguments, then keywords.
struct Whole<'b, 'a> {
    bound: &'b Bound<'a>,
    part: u8,
}

impl<'de: 'b, 'b> SeqAccess<'de> for Whole<'b, 'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        self.part += 1;
        match self.part {
            1 => seed.deserialize(Positional(self.bound.positional.iter())).map(Some),
            2 => seed.deserialize(Arguments::new(self.bound, OnMisfit::Fail)).map(Some),
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
        seed.deserialize(&mut json).map(Some).map_err(|_| Misfit::Unexplained)
    }
}
