//! What a library and a class say of themselves, as JSON.

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
    /// The new instance is made while the old one stands, which stays when the config is refused.
    #[default]
    Beside,
    /// For what cannot exist twice, such as a device: the old instance is dropped, the new one
    /// made, and where its config is refused the old one is made again.
    DropFirst,
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}
