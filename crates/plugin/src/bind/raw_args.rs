//! Arguments as JSON text.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// The type name by which [`RawArgs`] requests the unbound call from the deserializer.
pub(super) const TOKEN: &str = "$universal_worker_plugin::RawArgs";

/// The arguments of a call as JSON text, for a plugin that binds them itself.
///
/// Numbers keep their exact text.
/// If a keyword occurs twice, the last value is kept.
#[derive(Debug, Default)]
pub struct RawArgs {
    /// The positional arguments.
    pub args: Vec<Box<RawValue>>,
    /// The keyword arguments, in the order of the request.
    pub kwargs: Vec<(String, Box<RawValue>)>,
}

impl RawArgs {
    /// The JSON text of a keyword argument.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&RawValue> {
        self.kwargs.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

impl<'de> Deserialize<'de> for RawArgs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TOKEN, CallVisitor)
    }
}

struct CallVisitor;

impl<'de> Visitor<'de> for CallVisitor {
    type Value = RawArgs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the arguments of a call")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut call: A) -> Result<RawArgs, A::Error> {
        let missing = |index| de::Error::invalid_length(index, &self);
        let args = call.next_element()?.ok_or_else(|| missing(0))?;
        let Keywords(kwargs) = call.next_element()?.ok_or_else(|| missing(1))?;
        Ok(RawArgs { args, kwargs })
    }
}

struct Keywords(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Keywords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeywordsVisitor;

        impl<'de> Visitor<'de> for KeywordsVisitor {
            type Value = Keywords;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("keyword arguments")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keywords, A::Error> {
                let mut kwargs = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(entry) = map.next_entry()? {
                    kwargs.push(entry);
                }
                Ok(Keywords(kwargs))
            }
        }

        deserializer.deserialize_map(KeywordsVisitor)
    }
}

impl JsonSchema for RawArgs {
    fn schema_name() -> Cow<'static, str> {
        "RawArgs".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "Any arguments." })
    }
}
