//! The schemas of a class, and assertions about them.

use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::boundary::guarded;
use crate::dynamic::class::DynClass;
use crate::plugin::Plugin;
use crate::testing::failure::Failure;
use crate::testing::input::{json, unless_null};
use crate::typed::TypedClass;

/// The schemas of a class and the order of its arguments.
///
/// Neither creates an instance nor runs [`load`](Plugin::load).
pub struct ClassSchema<P> {
    class: TypedClass<P>,
    config_schema: Value,
    args_schema: Value,
    output_schema: Value,
}

impl<P: Plugin> ClassSchema<P> {
    /// Derives the schemas of the class.
    ///
    /// # Panics
    /// If the config or the arguments are not objects in JSON, so that no worker would load the class.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let class = match TypedClass::<P>::from_type() {
            Ok(class) => class,
            Err(fault) => panic!("{}", fault.message),
        };
        let info = class.info();
        Self {
            config_schema: value(&info.config_schema),
            args_schema: value(&info.args_schema),
            output_schema: value(&info.output_schema),
            class,
        }
    }

    /// The names of the positional arguments in order; `None` if all arguments are keywords.
    #[must_use]
    pub fn positional(&self) -> Option<&[String]> {
        self.class.info().positional.as_deref()
    }

    /// The JSON Schema of the config.
    #[must_use]
    pub fn config_schema(&self) -> &Value {
        &self.config_schema
    }

    /// The JSON Schema of the arguments, as one object.
    #[must_use]
    pub fn args_schema(&self) -> &Value {
        &self.args_schema
    }

    /// The JSON Schema of a result.
    #[must_use]
    pub fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    /// Reads a config and returns it with its defaults; `()` is an empty config.
    ///
    /// # Errors
    /// Why the config does not fit. [`initialize`](Plugin::initialize) is not called.
    ///
    /// # Panics
    /// If the config cannot be written as JSON.
    #[track_caller]
    pub fn check_config(&self, config: impl Serialize) -> Result<Value, Failure> {
        let config = unless_null(json(&config), "{}");
        let completed = guarded(|| self.class.complete_config(config.as_bytes()))?;
        Ok(serde_json::from_slice(&completed).expect("a config is JSON"))
    }

    /// Binds positional and keyword arguments; `()` for none.
    ///
    /// # Errors
    /// Why the arguments do not fit.
    ///
    /// # Panics
    /// If the arguments cannot be written as JSON.
    #[track_caller]
    pub fn check_args(&self, args: impl Serialize, kwargs: impl Serialize) -> Result<(), Failure> {
        let args = unless_null(json(&args), "[]");
        let kwargs = unless_null(json(&kwargs), "{}");
        let body = format!(r#"{{"args":{args},"kwargs":{kwargs}}}"#);
        Ok(guarded(|| self.class.bind(body.as_bytes()).map(drop))?)
    }

    /// Asserts that the schema of the arguments agrees with their binding.
    ///
    /// `kwargs` has a valid value for every argument.
    /// All arguments must be accepted by keyword and by position, and a call without one of them must be
    /// rejected if and only if the schema requires it.
    ///
    /// # Panics
    /// If schema and binding differ; the message names the argument.
    #[track_caller]
    pub fn assert_args(&self, kwargs: impl Serialize) {
        let all = object(&kwargs);
        let check = |kwargs: &Map<String, Value>| self.check_args((), kwargs);
        assert_required("argument", &self.args_schema, &all, check);
        let Some(order) = self.positional() else { return };
        let args: Vec<_> = order.iter().filter_map(|name| all.get(name)).collect();
        if let Err(failure) = self.check_args(&args, ()) {
            panic!("the arguments are rejected by position, in the order {order:?}: {failure}");
        }
    }

    /// Asserts that the schema of the config agrees with its deserialization.
    ///
    /// `config` has a valid value for every field.
    /// It must be accepted, and a config without one of the fields must be rejected if and only if the
    /// schema requires it.
    ///
    /// # Panics
    /// If schema and deserialization differ; the message names the field.
    #[track_caller]
    pub fn assert_config(&self, config: impl Serialize) {
        let check = |config: &Map<String, Value>| self.check_config(config).map(drop);
        assert_required("config field", &self.config_schema, &object(&config), check);
    }
}

#[track_caller]
fn assert_required(
    part: &str,
    schema: &Value,
    all: &Map<String, Value>,
    check: impl Fn(&Map<String, Value>) -> Result<(), Failure>,
) {
    if let Err(failure) = check(all) {
        panic!("valid values are rejected: {failure}");
    }
    let properties = schema["properties"].as_object();
    if let Some(name) = properties.into_iter().flat_map(Map::keys).find(|&it| !all.contains_key(it))
    {
        panic!("the test passes no value for {part} '{name}'");
    }
    let required = schema["required"].as_array();
    for name in all.keys() {
        let mut without = all.clone();
        without.remove(name);
        let is_required = required.is_some_and(|names| names.iter().any(|it| it == name));
        match (is_required, check(&without)) {
            (true, Ok(())) => panic!("the schema requires {part} '{name}', but it is optional"),
            (false, Err(failure)) => {
                panic!("the schema does not require {part} '{name}', but: {failure}")
            }
            (true, Err(_)) | (false, Ok(())) => {}
        }
    }
}

#[track_caller]
fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::from_str(&unless_null(json(value), "{}")) {
        Ok(object) => object,
        Err(error) => panic!("the test passes a value that is not an object: {error}"),
    }
}

fn value(schema: &RawValue) -> Value {
    serde_json::from_str(schema.get()).expect("a schema is JSON")
}

impl<P: Plugin> Default for ClassSchema<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Plugin> fmt::Debug for ClassSchema<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassSchema")
            .field("positional", &self.positional())
            .finish_non_exhaustive()
    }
}
