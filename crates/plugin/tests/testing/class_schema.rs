//! The schemas of a class, and assertions about them.

use std::panic::catch_unwind;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::testing::ClassSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, schemars};

use crate::subject::{Config, Subject};

#[test]
fn a_class_has_schemas_and_an_order_of_arguments() {
    let subject = ClassSchema::<Subject>::new();
    assert_eq!(subject.positional().unwrap(), ["what", "times"]);
    assert_eq!(subject.args_schema()["required"], json!(["what"]));
    assert_eq!(subject.config_schema()["properties"]["model"]["default"], "small");
    assert!(subject.output_schema().is_object() || subject.output_schema().is_boolean());
}

#[test]
fn configs_and_arguments_can_be_checked_without_an_instance() {
    let subject = ClassSchema::<Subject>::new();
    let completed = subject.check_config(json!({"level": 2})).unwrap();
    assert_eq!(completed, json!({"model": "small", "level": 2, "panics_in_cleanup": false}));
    let failure = subject.check_config(json!({"level": 300})).unwrap_err();
    assert!(failure.fields().contains_key("level"), "{failure}");
    subject.check_args(["a"], ()).unwrap();
    subject.check_args(["a", "b"], ()).unwrap_err();
}

#[test]
fn a_matching_schema_passes() {
    let subject = ClassSchema::<Subject>::new();
    subject.assert_args(json!({"what": "a", "times": 1}));
    subject.assert_config(Config::default());
}

/// Arguments whose schema and binding differ, because of a `deserialize_with`.
struct Differs;

#[derive(Deserialize, JsonSchema)]
struct DiffersArgs {
    #[serde(deserialize_with = "number")]
    #[expect(dead_code, reason = "only binding is tested")]
    limit: Option<u32>,
}

fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(value)
}

impl Plugin for Differs {
    type Config = Config;
    type Args = DiffersArgs;
    type Output = ();

    fn initialize(_config: Config, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, _args: DiffersArgs, _cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}

#[track_caller]
fn panics<P: Plugin>(kwargs: Value, expected: &str) {
    let payload = catch_unwind(|| ClassSchema::<P>::new().assert_args(kwargs)).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_schema_mismatch_names_the_argument() {
    panics::<Subject>(json!({"what": "a"}), "passes no value for argument 'times'");
    panics::<Subject>(json!({"what": 1, "times": 1}), "are rejected: argument 'what'");
    panics::<Differs>(json!({"limit": 1}), "does not require argument 'limit', but: missing");
}
