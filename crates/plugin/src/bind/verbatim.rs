//! Reads a part of a body that is known to be JSON as a `RawValue`, without parsing it again.

use std::iter;

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde_json::value::RawValue;

use crate::bind::mismatch::Mismatch;

/// The name by which serde_json's `RawValue` requests a text from its deserializers, as a map with
/// one entry of this name. Another version that requests it otherwise parses it, which is slower.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The deserializer.
pub(super) struct Verbatim<'a>(pub(super) &'a RawValue);

impl<'de> Deserializer<'de> for Verbatim<'de> {
    type Error = Mismatch;

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let text = self.0.get();
        if name == RAW_VALUE {
            return visitor.visit_map(MapDeserializer::new(iter::once((RAW_VALUE, text))));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_newtype_struct(name, visitor).map_err(|_| Mismatch::Unexplained)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let mut json = serde_json::Deserializer::from_str(self.0.get());
        json.deserialize_any(visitor).map_err(|_| Mismatch::Unexplained)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Mismatch> for Verbatim<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
