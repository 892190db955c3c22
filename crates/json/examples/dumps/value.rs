//! Python values in JSON: integers of any size, every float, any depth.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Error;
use serde_json::value::RawValue;

/// An object with only this key and a string value is a float: `{"$float": "-inf"}`.
const FLOAT: &str = "$float";

/// A value as Python parses it.
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// Its text, since it may be of any size.
    Integer(&'a RawValue),
    Float(f64),
    Text(String),
    List(Vec<Value<'a>>),
    Dict(Vec<(String, Value<'a>)>),
}

/// The members of an object in order; a repeated key replaces the value at its first position, as in a dict.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Value<'a> {
    /// Parses a value level by level, each from its raw text, because serde_json parses at most 128 levels at once.
    ///
    /// # Errors
    /// If a float is not a number, or a string has half a surrogate pair.
    pub(crate) fn read(raw: &'a RawValue) -> Result<Self, Error> {
        let text = raw.get();
        Ok(match text.as_bytes() {
            [b'n', ..] => Self::Null,
            [b't' | b'f', ..] => Self::Bool(text == "true"),
            [b'"', ..] => Self::Text(serde_json::from_str(text)?),
            [b'[', ..] => Self::list(serde_json::from_str(text)?)?,
            [b'{', ..] => Self::dict(serde_json::from_str(text)?)?,
            _ if text.contains(['.', 'e', 'E']) => Self::Float(float(text)?),
            _ => Self::Integer(raw),
        })
    }

    fn list(items: Vec<&'a RawValue>) -> Result<Self, Error> {
        items.into_iter().map(Self::read).collect::<Result<_, _>>().map(Self::List)
    }

    fn dict(Members(members): Members<'a>) -> Result<Self, Error> {
        match members.as_slice() {
            [(key, value)] if key == FLOAT && value.get().starts_with('"') => {
                let text: String = serde_json::from_str(value.get())?;
                return Ok(Self::Float(float(&text)?));
            }
            _ => {}
        }
        let read = |(key, value)| Ok((key, Self::read(value)?));
        members.into_iter().map(read).collect::<Result<_, _>>().map(Self::Dict)
    }
}

/// The depth of a value.
pub(crate) fn levels(raw: &RawValue) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in raw.get().bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !in_string => level -= 1,
            _ => {}
        }
    }
    deepest
}

/// Parses a float like Python: rounded to the nearest, and infinite if it is too large.
fn float(text: &str) -> Result<f64, Error> {
    text.parse().map_err(|_| de::Error::custom(format_args!("`{text}` is not a float")))
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(raw) => serialize_integer(raw, serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Dict(members) => {
                serializer.collect_map(members.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

/// Serializes an integer as the first type that can hold it, so that all integer types are tested.
fn serialize_integer<S: Serializer>(raw: &RawValue, serializer: S) -> Result<S::Ok, S::Error> {
    let text = raw.get();
    if let Ok(value) = text.parse() {
        serializer.serialize_i64(value)
    } else if let Ok(value) = text.parse() {
        serializer.serialize_u64(value)
    } else if let Ok(value) = text.parse() {
        serializer.serialize_i128(value)
    } else if let Ok(value) = text.parse() {
        serializer.serialize_u128(value)
    } else {
        raw.serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<'de>, A::Error> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        let mut positions: HashMap<String, usize> = HashMap::new();
        while let Some((key, value)) = object.next_entry::<String, &RawValue>()? {
            match positions.entry(key.clone()) {
                Entry::Occupied(position) => members[*position.get()].1 = value,
                Entry::Vacant(position) => {
                    position.insert(members.len());
                    members.push((key, value));
                }
            }
        }
        Ok(Members(members))
    }
}
