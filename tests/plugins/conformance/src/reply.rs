//! Results of operations.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use universal_worker_plugin::RawArgs;
use universal_worker_plugin::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The result of an operation, which is any JSON value.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The arguments without `op`.
    Echo(Echo),
    /// A text.
    Text(String),
    /// A float, including NaN and infinities.
    Float(f64),
    /// Null.
    None,
    /// A tuple.
    Tuple(u8, u8),
    /// An integer, which may exceed 64 bits.
    Integer(u128),
    /// The `traceparent` and the `tracestate` of the run.
    Trace(Option<(String, Option<String>)>),
    /// Nested structs.
    Transcript(Transcript),
}

/// The arguments as they were sent.
pub struct Echo(pub(crate) RawArgs);

/// The transcript of the recorded requests.
#[derive(Serialize)]
pub struct Transcript {
    text: &'static str,
    segments: [Segment; 2],
}

#[derive(Serialize)]
struct Segment {
    start: f64,
    text: &'static str,
}

impl Reply {
    pub(crate) fn transcript() -> Self {
        Self::Transcript(Transcript {
            text: "héllo ☃ 😀",
            segments: [Segment { start: 0.0, text: "a" }, Segment { start: 1e16, text: "b" }],
        })
    }
}

impl Serialize for Echo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut echo = serializer.serialize_struct("Echo", 2)?;
        echo.serialize_field("args", &self.0.args)?;
        echo.serialize_field("kwargs", &Kwargs(&self.0))?;
        echo.end()
    }
}

struct Kwargs<'a>(&'a RawArgs);

impl Serialize for Kwargs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kwargs = self.0.kwargs.iter().filter(|(name, _)| name != "op");
        serializer.collect_map(kwargs.map(|(name, value)| (name, value)))
    }
}

impl JsonSchema for Reply {
    fn schema_name() -> Cow<'static, str> {
        "Reply".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Whatever the operation returns." })
    }
}
