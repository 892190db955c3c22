//! A JSON parser that keeps the order of members.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Json {
    Scalar(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

pub(super) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(text)
}

impl Json {
    /// Sorts members by key, stably.
    pub(super) fn sorted(self) -> Self {
        self.with_members(|members| members.sort_by(|a, b| a.0.chars().cmp(b.0.chars())))
    }

    /// Sorts members by key and value, so that their original order does not matter.
    pub(super) fn canonical(self) -> Self {
        self.with_members(|members| members.sort())
    }

    fn with_members(self, put: fn(&mut [(String, Self)])) -> Self {
        match self {
            Self::Scalar(_) => self,
            Self::Array(items) => {
                Self::Array(items.into_iter().map(|item| item.with_members(put)).collect())
            }
            Self::Object(members) => {
                let inner = |(key, value): (_, Self)| (key, value.with_members(put));
                let mut members: Vec<_> = members.into_iter().map(inner).collect();
                put(&mut members);
                Self::Object(members)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

macro_rules! scalars {
    ($($method:ident: $type:ty),+) => {$(
        fn $method<E>(self, value: $type) -> Result<Json, E> {
            Ok(Json::Scalar(format!("{value:?}")))
        }
    )+};
}

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar("null".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
