//! Descriptions of libraries, classes and config options, which cross the boundary as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{VERSION, forward_compat};

/// The description of a plugin library.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LibraryInfo {
    /// The version of the interface that the library was built against.
    pub abi: String,
    /// The panic strategy of the library: `unwind` or `abort`.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub panic: String,
    /// The compiler that built the library, such as `rustc 1.95.0`; empty if unknown.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub compiler: String,
    /// The classes of the library, in the order of their export.
    pub classes: Vec<ClassInfo>,
}

/// The description of a class.
///
/// # Examples
/// ```
/// use universal_worker_abi::{ClassInfo, Reload};
///
/// let mut info = ClassInfo::new("Whisper", "whisper", "1.2.0");
/// info.concurrency = 4;
/// info.reload = Reload::DropFirst;
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassInfo {
    /// The name by which the class is opened.
    pub class: String,
    /// The name under which the class is served.
    pub name: String,
    /// The version of the class.
    pub version: String,
    /// A description for people, one paragraph; may be empty.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub description: String,
    /// The maximum number of concurrent runs, at least 1.
    #[serde(default = "one", deserialize_with = "forward_compat::or_one")]
    pub concurrency: u32,
    /// Whether its runs can be cancelled.
    #[serde(default = "yes", deserialize_with = "forward_compat::or_true")]
    pub cancellable: bool,
    /// How a new instance replaces the current one.
    #[serde(rename = "rebuild", default, deserialize_with = "forward_compat::or_default")]
    pub reload: Reload,
    /// The names of the positional arguments in order; `None` if all arguments are keywords.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub positional: Option<Vec<String>>,
    /// Whether instances change their config by themselves, so that the worker has to ask for it;
    /// since 1.1.
    ///
    /// The worker then calls [`Instance::config`](crate::Instance::config) while nothing runs, and
    /// shows the last known config if that takes longer than 50 ms.
    #[serde(
        default,
        deserialize_with = "forward_compat::or_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub live_config: bool,
    /// Which threads call it; since 1.1.
    #[serde(
        default,
        deserialize_with = "forward_compat::or_default",
        skip_serializing_if = "Lanes::is_auto"
    )]
    pub lanes: Lanes,
    /// The JSON Schema (draft 2020-12) of the config.
    pub config_schema: Box<RawValue>,
    /// The JSON Schema of the arguments, as one object.
    pub args_schema: Box<RawValue>,
    /// The JSON Schema of a result.
    pub output_schema: Box<RawValue>,
}

/// How a new instance replaces the current one when the config changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reload {
    /// Drops the current instance, then creates the new one: for plugins that cannot exist twice, such
    /// as the owner of a device. If the new config is rejected, the current instance is created again.
    DropFirst,
    /// Creates the new instance, then drops the current one. If the new config is rejected, the current
    /// instance stays.
    #[default]
    #[serde(rename = "beside")]
    CreateFirst,
}

/// Which threads execute the calls of a class.
///
/// This concerns `execute`. Streams, initialize and cleanup always have a thread of the plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lanes {
    /// Threads of the plugin, until its calls have proven short; then those that serve connections,
    /// until a call takes longer.
    #[default]
    Auto,
    /// Threads of the plugin: for a class that keeps state of its own in each thread.
    Threads,
    /// Those that serve connections, from the first call on, whenever one is to spare.
    Inline,
}

/// The outcome of applying a config to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconfigured {
    /// The instance has applied the config.
    InPlace,
    /// The config needs a new instance, which replaces the current one as [`Reload`] says.
    Rebuild,
}

/// The options of config fields, by field name.
pub type ConfigOptions = BTreeMap<String, FieldOptions>;

/// The options that a form can offer for one config field.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldOptions {
    /// The values to choose from, in display order.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub options: Vec<ConfigOption>,
    /// Current constraints of the field, as keywords of JSON Schema such as `maximum`.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub constraints: serde_json::Map<String, serde_json::Value>,
}

/// One value that a form can offer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfigOption {
    /// The value for the config.
    pub value: serde_json::Value,
    /// The label for people.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub label: String,
    /// More information about the value, such as a price or a size.
    #[serde(default, deserialize_with = "forward_compat::or_default")]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl LibraryInfo {
    /// Creates the description of a library that was built against this version of the interface and
    /// unwinds on panic.
    #[must_use]
    pub fn new(classes: Vec<ClassInfo>) -> Self {
        Self {
            abi: VERSION.to_owned(),
            panic: "unwind".to_owned(),
            compiler: String::new(),
            classes,
        }
    }
}

impl ClassInfo {
    /// Creates the description of a class with the default settings.
    ///
    /// The class takes one run at a time, can be cancelled, and takes its arguments by keyword.
    /// Config and arguments are objects with any members; the output is any value.
    pub fn new(
        class: impl Into<String>,
        name: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        Self {
            class: class.into(),
            name: name.into(),
            version: version.into(),
            description: String::new(),
            concurrency: 1,
            cancellable: true,
            reload: Reload::default(),
            positional: None,
            live_config: false,
            lanes: Lanes::default(),
            config_schema: any_object(),
            args_schema: any_object(),
            output_schema: RawValue::TRUE.to_owned(),
        }
    }
}

impl Lanes {
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

impl FieldOptions {
    /// Adds a constraint, as a keyword of JSON Schema.
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
    /// Creates an option from a value and a label.
    pub fn new(value: impl Into<serde_json::Value>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), metadata: serde_json::Map::new() }
    }

    /// Adds an entry to the metadata.
    #[must_use]
    pub fn about(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }
}

fn any_object() -> Box<RawValue> {
    RawValue::from_string(r#"{"type":"object"}"#.to_owned()).expect("the text is JSON")
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
    fn unknown_values_of_a_later_version_read_as_defaults() {
        for odd in [
            r#""rebuild":"of_tomorrow","tomorrow":[1]"#,
            r#""rebuild":null,"concurrency":null,"cancellable":null,"description":null,"live_config":1,"lanes":"fibers""#,
            r#""rebuild":{"kind":"beside"},"concurrency":"many","positional":{},"description":[]"#,
            "\"concurrency\":0",
        ] {
            let text = format!(r#"{{"class":"A","name":"a","version":"1",{SCHEMAS},{odd}}}"#);
            let info: ClassInfo = serde_json::from_str(&text).unwrap();
            assert_eq!((info.reload, info.concurrency), (Reload::CreateFirst, 1), "{odd}");
            assert_eq!((info.cancellable, info.positional), (true, None), "{odd}");
            assert_eq!((info.live_config, info.lanes), (false, Lanes::Auto), "{odd}");
        }
        let text =
            format!(r#"{{"class":"A","name":"a","version":"1",{SCHEMAS},"concurrency":5e9}}"#);
        assert_eq!(serde_json::from_str::<ClassInfo>(&text).unwrap().concurrency, 1);
    }

    #[test]
    fn the_json_of_a_library_is_frozen() {
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
                reload: Reload::DropFirst,
                positional: Some(vec!["x".to_owned()]),
                live_config: false,
                lanes: Lanes::Auto,
                config_schema: any(),
                args_schema: any(),
                output_schema: any(),
            }],
        };
        let text = r#"{"abi":"1.0.0","panic":"unwind","compiler":"rustc 1.95.0","classes":[{"class":"A","name":"a","version":"1.2.3","description":"Does.","concurrency":4,"cancellable":false,"rebuild":"drop_first","positional":["x"],"config_schema":true,"args_schema":true,"output_schema":true}]}"#;
        assert_eq!(serde_json::to_string(&info).unwrap(), text);
        let back: LibraryInfo = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        let mut live = back.classes[0].clone();
        live.live_config = true;
        live.lanes = Lanes::Threads;
        let text = serde_json::to_string(&live).unwrap();
        let expected = r#""positional":["x"],"live_config":true,"lanes":"threads","#;
        assert!(text.contains(expected), "{text}");
        let back: ClassInfo = serde_json::from_str(&text).unwrap();
        assert_eq!((back.live_config, back.lanes), (true, Lanes::Threads));
        assert_eq!(serde_json::to_string(&Reload::CreateFirst).unwrap(), r#""beside""#);
    }

    #[test]
    fn the_json_of_options_is_frozen() {
        let option = ConfigOption::new(7, "Seven").about("price", 0.5);
        let field = [option].into_iter().collect::<FieldOptions>().constraint("maximum", 9);
        let options = ConfigOptions::from([("number".to_owned(), field)]);
        let text = r#"{"number":{"options":[{"value":7,"label":"Seven","metadata":{"price":0.5}}],"constraints":{"maximum":9}}}"#;
        assert_eq!(serde_json::to_string(&options).unwrap(), text);
        let back: ConfigOptions = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }
}
