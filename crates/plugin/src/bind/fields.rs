//! Finds the fields of a type and their positional order.

use std::fmt;

use schemars::JsonSchema;
use serde::de;
use serde::de::{DeserializeOwned, Deserializer, Visitor};

use crate::bind::raw_args;

/// How a type takes arguments; determined once per class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A struct: its fields in order, and all names of its fields, including aliases.
    Fields { positional: Vec<&'static str>, names: &'static [&'static str] },
    /// A type with unknown fields: takes any keyword and nothing by position.
    Keywords,
    /// [`RawArgs`](crate::RawArgs): takes everything unchanged.
    Raw,
}

impl Binding {
    /// Finds out how `T` takes arguments.
    ///
    /// The order is serde's list of fields, without the names that are not in the schema: those are
    /// aliases.
    pub(crate) fn of<T: DeserializeOwned + JsonSchema>() -> Self {
        match T::deserialize(FieldProbe) {
            Err(Request::Struct(names)) => {
                let schema = schemars::schema_for!(T);
                let properties = schema.get("properties").and_then(|known| known.as_object());
                let is_property =
                    |name: &&str| properties.is_some_and(|known| known.contains_key(*name));
                let positional = names.iter().copied().filter(is_property).collect();
                Self::Fields { positional, names }
            }
            Err(Request::Raw) => Self::Raw,
            Ok(_) | Err(Request::Other) => Self::Keywords,
        }
    }

    /// The names of the positional arguments; `None` if all arguments are keywords.
    pub(crate) fn positional(&self) -> Option<&[&'static str]> {
        match self {
            Self::Fields { positional, .. } => Some(positional),
            Self::Keywords | Self::Raw => None,
        }
    }
}

/// A deserializer without a value that reports which fields a type requests.
struct FieldProbe;

#[derive(Debug)]
enum Request {
    Struct(&'static [&'static str]),
    Raw,
    Other,
}

impl<'de> Deserializer<'de> for FieldProbe {
    type Error = Request;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Request> {
        Err(Request::Other)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Request> {
        Err(Request::Struct(fields))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Request> {
        if name == raw_args::TOKEN { Err(Request::Raw) } else { visitor.visit_newtype_struct(self) }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probe has no value")
    }
}

impl std::error::Error for Request {}

impl de::Error for Request {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Other
    }
}
