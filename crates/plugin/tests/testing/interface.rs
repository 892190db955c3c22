//! Schemas, and whether they hold.

use std::panic::catch_unwind;

use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;
use serde_json::json;
use universal_worker_plugin::Context;
use universal_worker_plugin::Plugin;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::schemars;
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::testing::Interface;

use crate::subject::Config;
use crate::subject::Subject;

#[test]
fn a_class_tells_its_schemas_and_the_order_of_its_arguments() {
    let subject = Interface::<Subject>::new();
    assert_eq!(subject.positional().unwrap(), ["what", "times"]);
    assert_eq!(subject.args_schema()["required"], json!(["what"]));
    assert_eq!(subject.config_schema()["properties"]["model"]["default"], "small");
    assert!(subject.output_schema().is_object() || subject.output_schema().is_boolean());
}

#[test]
fn configs_and_arguments_are_checked_without_an_instance() {
    let subject = Interface::<Subject>::new();
    let completed = subject.check_config(json!({"level": 2})).unwrap();
    assert_eq!(completed, json!({"model": "small", "level": 2, "panics_in_cleanup": false}));
    let failure = subject.check_config(json!({"level": 300})).unwrap_err();
    assert!(failure.fields().contains_key("level"), "{failure}");
    subject.check_args(["a"], ()).unwrap();
    subject.check_args(["a", "b"], ()).unwrap_err();
}

#[test]
fn a_schema_that_holds_passes() {
    let subject = Interface::<Subject>::new();
    subject.assert_args(json!({"what": "a", "times": 1}));
    subject.assert_config(Config::default());
}

/// Arguments of which schema and binding differ, as a `deserialize_with` can make them.
struct Differs;

#[derive(Deserialize, JsonSchema)]
struct DiffersArgs {
    #[serde(deserialize_with = "number")]
    #[expect(dead_code, reason = "only bound")]
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
    let payload = catch_unwind(|| Interface::<P>::new().assert_args(kwargs)).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_schema_that_does_not_hold_is_told_by_its_argument() {
    panics::<Subject>(json!({"what": "a"}), "gives no value for argument 'times'");
    panics::<Subject>(json!({"what": 1, "times": 1}), "is refused: argument 'what'");
    panics::<Differs>(json!({"limit": 1}), "does not require argument 'limit', but: missing");
}
