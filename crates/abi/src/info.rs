//! What a library and a class say of themselves, as JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::lenient;

/// What is in a plugin library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LibraryInfo {
    /// The version of the interface that the library was built with.
    pub abi: String,
    /// `unwind` or `abort`: what a panic does in this library.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub panic: String,
    /// The compiler that built it, such as `rustc 1.95.0`; empty where that is not known.
    #[serde(default, deserialize_with = "lenient::or_default")]
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
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    /// How many runs it takes at once, at least 1.
    #[serde(default = "one", deserialize_with = "lenient::or_one")]
    pub concurrency: u32,
    /// Whether a run of it can be cancelled.
    #[serde(default = "yes", deserialize_with = "lenient::or_true")]
    pub cancellable: bool,
    /// How a new config replaces the one in force.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub rebuild: Rebuild,
    /// The arguments that may be given by position, in their order; none where all are by keyword.
    #[serde(default, deserialize_with = "lenient::or_default")]
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
    #[default]
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
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub options: Vec<ConfigOption>,
    /// What else holds for the field now, by keywords of JSON Schema, such as `maximum`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub constraints: serde_json::Map<String, serde_json::Value>,
}

/// A value that a form may offer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConfigOption {
    /// What the config gets.
    pub value: serde_json::Value,
    /// What people read.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub label: String,
    /// What else is known of it, such as a price or a size.
    #[serde(default, deserialize_with = "lenient::or_default")]
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

    const SCHEMAS: &str = r#""config_schema":{},"args_schema":{},"output_schema":{}"#;

    #[test]
    fn what_a_later_version_says_of_a_class_is_read_as_far_as_it_is_known() {
        for odd in [
            r#""rebuild":"of_tomorrow","tomorrow":[1]"#,
            r#""rebuild":null,"concurrency":null,"cancellable":null,"description":null"#,
            r#""rebuild":{"kind":"beside"},"concurrency":"many","positional":{},"description":[]"#,
            "\"concurrency\":0",
        ] {
            let text = format!(r#"{{"class":"A","name":"a","version":"1",{SCHEMAS},{odd}}}"#);
            let info: ClassInfo = serde_json::from_str(&text).unwrap();
            assert_eq!((info.rebuild, info.concurrency), (Rebuild::Beside, 1), "{odd}");
            assert_eq!((info.cancellable, info.positional), (true, None), "{odd}");
        }
        let text =
            format!(r#"{{"class":"A","name":"a","version":"1",{SCHEMAS},"concurrency":5e9}}"#);
        assert_eq!(serde_json::from_str::<ClassInfo>(&text).unwrap().concurrency, 1);
    }

    #[test]
    fn the_json_of_a_library_is_settled() {
        let any = || RawValue::TRUE.to_owned();
        let info = LibraryInfo {
            abi: "1.0.0".to_owned(),
            panic: "unwind".to_owned(),
            compiler: "rustc 1.95.0".to_owned(),
            classes: vec![ClassInfo {
                class: "A".to_owned(),
                name: "a".to_owned(),
                version: "1.2.3".to_owned(),
                description: "Does.".to_owned(),
                concurrency: 4,
                cancellable: false,
                rebuild: Rebuild::DropFirst,
                positional: Some(vec!["x".to_owned()]),
                config_schema: any(),
                args_schema: any(),
                output_schema: any(),
            }],
        };
        let text = r#"{"abi":"1.0.0","panic":"unwind","compiler":"rustc 1.95.0","classes":[{"class":"A","name":"a","version":"1.2.3","description":"Does.","concurrency":4,"cancellable":false,"rebuild":"drop_first","positional":["x"],"config_schema":true,"args_schema":true,"output_schema":true}]}"#;
        assert_eq!(serde_json::to_string(&info).unwrap(), text);
        let back: LibraryInfo = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        assert_eq!(serde_json::to_string(&Rebuild::Beside).unwrap(), r#""beside""#);
    }

    #[test]
    fn the_json_of_options_is_settled() {
        let option = ConfigOption::new(7, "Seven").about("price", 0.5);
        let field = [option].into_iter().collect::<FieldOptions>().constraint("maximum", 9);
        let options = ConfigOptions::from([("number".to_owned(), field)]);
        let text = r#"{"number":{"options":[{"value":7,"label":"Seven","metadata":{"price":0.5}}],"constraints":{"maximum":9}}}"#;
        assert_eq!(serde_json::to_string(&options).unwrap(), text);
        let back: ConfigOptions = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }
}
