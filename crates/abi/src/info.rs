//! What a library and a class say of themselves, as JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

/// What is in a plugin library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LibraryInfo {
    /// The version of the interface that the library was built with.
    pub abi: String,
    /// `unwind` or `abort`: what a panic does in this library.
    pub panic: String,
    /// The compiler that built it, such as `rustc 1.95.0`; empty where that is not known.
    #[serde(default)]
    pub compiler: String,
    /// Its classes, in the order in which they were exported.
    pub classes: Vec<ClassInfo>,
}

/// What a class says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClassInfo {
    /// The name by which it is opened.
    pub class: String,
    /// The name under which it is served.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One paragraph for people; may be empty.
    #[serde(default)]
    pub description: String,
    /// How many runs it takes at once, at least 1.
    #[serde(default = "one")]
    pub concurrency: u32,
    /// Whether a run of it can be cancelled.
    #[serde(default = "yes")]
    pub cancellable: bool,
    /// How a new config replaces the one in force.
    #[serde(default)]
    pub rebuild: Rebuild,
    /// The arguments that may be given by position, in their order; none where all are by keyword.
    #[serde(default)]
    pub positional: Option<Vec<String>>,
    /// JSON Schema (draft 2020-12) of the config.
    pub config_schema: Box<RawValue>,
    /// JSON Schema of the arguments, as one object.
    pub args_schema: Box<RawValue>,
    /// JSON Schema of a result.
    pub output_schema: Box<RawValue>,
}

/// How a new config replaces the one in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rebuild {
    /// For what cannot exist twice, such as a device: the old instance is dropped, the new one
    /// made, and where its config is refused the old one is made again.
    DropFirst,
    /// The new instance is made while the old one stands, which stays when the config is refused.
    /// A word of a later version reads as this one.
    #[default]
    #[serde(other)]
    Beside,
}

/// What a plugin did with a config that was offered to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconfigured {
    /// It has taken it, and goes on.
    InPlace,
    /// A new instance is to be made from it, as [`Rebuild`] says.
    BuildAnew,
}

/// What a form may offer for the fields of a config, by their names.
pub type ConfigOptions = BTreeMap<String, FieldOptions>;

/// What a form may offer for one field.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FieldOptions {
    /// The values, in the order in which to show them.
    pub options: Vec<ConfigOption>,
    /// What else holds for the field now, by keywords of JSON Schema, such as `maximum`.
    #[serde(default)]
    pub constraints: serde_json::Map<String, serde_json::Value>,
}

/// A value that a form may offer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConfigOption {
    /// What the config gets.
    pub value: serde_json::Value,
    /// What people read.
    pub label: String,
    /// What else is known of it, such as a price or a size.
    #[serde(default)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl FieldOptions {
    /// Adds what else holds for the field now, by a keyword of JSON Schema.
    #[must_use]
    pub fn constraint(mut self, keyword: &str, value: impl Into<serde_json::Value>) -> Self {
        self.constraints.insert(keyword.to_owned(), value.into());
        self
    }
}

impl FromIterator<ConfigOption> for FieldOptions {
    fn from_iter<I: IntoIterator<Item = ConfigOption>>(options: I) -> Self {
        Self { options: options.into_iter().collect(), ..Self::default() }
    }
}

impl ConfigOption {
    /// A value, and what people read for it.
    pub fn new(value: impl Into<serde_json::Value>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), metadata: serde_json::Map::new() }
    }

    /// Adds what else is known of it.
    #[must_use]
    pub fn about(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_says_of_a_class_is_read_as_far_as_it_is_known() {
        let text = r#"{"class":"A","name":"a","version":"1","config_schema":{},"args_schema":{},
            "output_schema":{},"rebuild":"of_tomorrow","tomorrow":[1]}"#;
        let info: ClassInfo = serde_json::from_str(text).unwrap();
        assert_eq!((info.rebuild, info.concurrency), (Rebuild::Beside, 1));
        assert!(info.cancellable);
        for (rebuild, text) in
            [(Rebuild::Beside, "\"beside\""), (Rebuild::DropFirst, "\"drop_first\"")]
        {
            assert_eq!(serde_json::to_string(&rebuild).unwrap(), text);
            assert_eq!(serde_json::from_str::<Rebuild>(text).unwrap(), rebuild);
        }
    }
}
