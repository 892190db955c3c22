//! Which fields a type has, and in which order they take positional arguments.

use std::fmt;

use schemars::JsonSchema;
use serde::de;
use serde::de::DeserializeOwned;
use serde::de::Deserializer;
use serde::de::Visitor;

use crate::bind::raw_args;

/// How the fields of a type take arguments; made once a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A struct: its fields in order, and every name that a field goes by.
    Fields { positional: Vec<&'static str>, names: &'static [&'static str] },
    /// A type that does not tell its fields: by keyword only, and any of them.
    Keywords,
    /// [`RawArgs`](crate::RawArgs): everything as it is.
    Raw,
}

impl Binding {
    /// The order is serde's list of fields cut down to the properties of the schema, since the
    /// list alone holds aliases.
    pub(crate) fn of<T: DeserializeOwned + JsonSchema>() -> Self {
        match T::deserialize(Probe) {
            Err(Found::Struct(names)) => {
                let schema = schemars::schema_for!(T);
                let properties = schema.get("properties").and_then(|known| known.as_object());
                let is_property =
                    |name: &&str| properties.is_some_and(|known| known.contains_key(*name));
                let positional = names.iter().copied().filter(is_property).collect();
                Self::Fields { positional, names }
            }
            Err(Found::Raw) => Self::Raw,
            Ok(_) | Err(Found::Nothing) => Self::Keywords,
        }
    }

    /// The names of the positional arguments; none where all are given by keyword.
    pub(crate) fn order(&self) -> Option<&[&'static str]> {
        match self {
            Self::Fields { positional, .. } => Some(positional),
            Self::Keywords | Self::Raw => None,
        }
    }
}

/// Hands over nothing, and sees what a type asks for.
struct Probe;

#[derive(Debug)]
enum Found {
    Struct(&'static [&'static str]),
    Raw,
    Nothing,
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Found;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Found> {
        Err(Found::Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Found> {
        Err(Found::Struct(fields))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Found> {
        if name == raw_args::TOKEN { Err(Found::Raw) } else { visitor.visit_newtype_struct(self) }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probe has no value")
    }
}

impl std::error::Error for Found {}

impl de::Error for Found {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Nothing
    }
}
