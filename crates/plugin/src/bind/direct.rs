//! The common call: only keyword arguments, which the author's type reads as they are parsed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de;
use serde::de::value::CowStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess,
    Visitor,
};

use crate::bind::call_body::Name;

/// Binds a call that has keyword arguments only, each once, to a type with these fields.
///
/// `None` for every other call, and for every error: it must be bound, or explained, another way.
pub(super) fn call<T: DeserializeOwned>(text: &str, names: &[&str]) -> Option<T> {
    if names.len() > Names::BITS {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let args = json.deserialize_map(CallVisitor { names, args: PhantomData }).ok()?;
    json.end().ok()?;
    Some(args)
}

struct CallVisitor<'n, T> {
    names: &'n [&'n str],
    args: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for CallVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut args = None;
        while let Some(Name(key)) = map.next_key()? {
            match &*key {
                "kwargs" if args.is_none() => args = Some(map.next_value_seed(&self)?),
                "kwargs" => return Err(unusual()),
                "args" => drop(map.next_value::<Option<[IgnoredAny; 0]>>()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        args.ok_or_else(unusual)
    }
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for &CallVisitor<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, kwargs: D) -> Result<T, D::Error> {
        T::deserialize(Fields { inner: kwargs, names: self.names })
    }
}

/// The deserializer of a struct, and its visitor: lets only fields of these names pass.
struct Fields<'n, I> {
    inner: I,
    names: &'n [&'n str],
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Fields<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, D::Error> {
        Err(unusual())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Fields { inner: visitor, names: self.names })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fields<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Names { map, names: self.names, seen: 0 })
    }
}

/// The members of an object, each of another name.
struct Names<'n, A> {
    map: A,
    names: &'n [&'n str],
    /// The bits of the names that have occurred.
    seen: u64,
}

impl Names<'_, ()> {
    const BITS: usize = u64::BITS as usize;
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Names<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(Name(key)) = self.map.next_key()? else { return Ok(None) };
        let at = self.names.iter().position(|name| *name == key).ok_or_else(unusual)?;
        if self.seen & (1 << at) != 0 {
            return Err(unusual());
        }
        self.seen |= 1 << at;
        let key: CowStrDeserializer<'_, A::Error> = Cow::Borrowed(&*key).into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The error of a call that must be bound another way; nobody reads its message.
#[cold]
fn unusual<E: de::Error>() -> E {
    E::custom("")
}
