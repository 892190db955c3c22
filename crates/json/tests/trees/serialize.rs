//! `Serialize` for trees.

use std::fmt;
use std::fmt::Write;

use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use universal_worker_json::Raw;

use super::swallow;
use super::swallow::OnError;
use super::tree::{Calls, Leaf, Name, Number, Object, Sequence, Tree};

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(leaf) => leaf.serialize(serializer),
            Self::Some(tree) => serializer.serialize_some(tree),
            Self::NewtypeStruct(tree) => serializer.serialize_newtype_struct("N", tree),
            Self::NewtypeVariant(name, tree) => {
                serializer.serialize_newtype_variant("E", 1, name, tree)
            }
            Self::Items(sequence, items, on_error) => {
                sequence.serialize(items, *on_error, serializer)
            }
            Self::Fields(object, fields, on_error) => {
                object.serialize(fields, *on_error, serializer)
            }
            Self::Map(calls, members, on_error) => calls.serialize(members, *on_error, serializer),
            Self::Token(name, fields, on_error) => {
                let mut token = serializer.serialize_struct(name, fields.len())?;
                for tree in fields {
                    on_error.handle(token.serialize_field(name, tree))?;
                }
                token.end()
            }
        }
    }
}

impl Serialize for Leaf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Str(text) => serializer.serialize_str(text),
            Self::Shown(text) => serializer.collect_str(&Shown { text, whole: true }),
            Self::ShownBadly(text) => serializer.collect_str(&Shown { text, whole: false }),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::None => serializer.serialize_none(),
            Self::Unit => serializer.serialize_unit(),
            Self::UnitStruct => serializer.serialize_unit_struct("U"),
            Self::UnitVariant(name) => serializer.serialize_unit_variant("E", 0, name),
            Self::Raw(text) => Raw(text).serialize(serializer),
            Self::RawValue(raw) => raw.serialize(serializer),
            Self::Fails(message) => Err(S::Error::custom(message)),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::I8(value) => serializer.serialize_i8(value),
            Self::I16(value) => serializer.serialize_i16(value),
            Self::I32(value) => serializer.serialize_i32(value),
            Self::I64(value) => serializer.serialize_i64(value),
            Self::I128(value) => serializer.serialize_i128(value),
            Self::U8(value) => serializer.serialize_u8(value),
            Self::U16(value) => serializer.serialize_u16(value),
            Self::U32(value) => serializer.serialize_u32(value),
            Self::U64(value) => serializer.serialize_u64(value),
            Self::U128(value) => serializer.serialize_u128(value),
            Self::F32(value) => serializer.serialize_f32(value),
            Self::F64(value) => serializer.serialize_f64(value),
        }
    }
}

struct Shown<'t> {
    text: &'t str,
    whole: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.chars().try_for_each(|letter| f.write_char(letter))?;
        if self.whole { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Passes each item to one method, then ends.
macro_rules! hand_over {
    ($compound:expr, $method:ident, $items:ident, $on_error:ident) => {{
        let mut compound = $compound?;
        for item in $items {
            $on_error.handle(compound.$method(item))?;
        }
        compound.end()
    }};
    ($compound:expr, $fields:ident, $on_error:ident) => {{
        let mut compound = $compound?;
        for (name, tree) in $fields {
            $on_error.handle(compound.serialize_field(name, tree))?;
        }
        compound.end()
    }};
}

impl Sequence {
    fn serialize<S: Serializer>(
        self,
        items: &[Tree],
        on_error: OnError,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let length = items.len();
        match self {
            Self::Seq(length) => {
                hand_over!(serializer.serialize_seq(length), serialize_element, items, on_error)
            }
            Self::Tuple => {
                hand_over!(serializer.serialize_tuple(length), serialize_element, items, on_error)
            }
            Self::Struct => {
                let compound = serializer.serialize_tuple_struct("T", length);
                hand_over!(compound, serialize_field, items, on_error)
            }
            Self::Variant(name) => {
                let compound = serializer.serialize_tuple_variant("E", 2, name, length);
                hand_over!(compound, serialize_field, items, on_error)
            }
        }
    }
}

impl Object {
    fn serialize<S: Serializer>(
        self,
        fields: &[(Name, Tree)],
        on_error: OnError,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let length = fields.len();
        match self {
            Self::Struct => hand_over!(serializer.serialize_struct("S", length), fields, on_error),
            Self::Variant(name) => {
                let compound = serializer.serialize_struct_variant("E", 3, name, length);
                hand_over!(compound, fields, on_error)
            }
        }
    }
}

impl Calls {
    fn serialize<S: Serializer>(
        self,
        members: &[(Tree, Tree)],
        on_error: OnError,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in members {
            let key = &Key(key);
            if self == Self::Entries {
                on_error.handle(map.serialize_entry(key, value))?;
            }
            if matches!(self, Self::ValuesOnly | Self::ValuesFirst) {
                on_error.handle(map.serialize_value(value))?;
            }
            if matches!(self, Self::KeysAndValues | Self::KeysOnly | Self::ValuesFirst) {
                on_error.handle(map.serialize_key(key))?;
            }
            if self == Self::KeysAndValues {
                on_error.handle(map.serialize_value(value))?;
            }
        }
        map.end()
    }
}

struct Key<'t>(&'t Tree);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        swallow::within_key(|| self.0.serialize(serializer))
    }
}
