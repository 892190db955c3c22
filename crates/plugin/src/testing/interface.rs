//! What a class says of itself, and whether it holds.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::value::RawValue;
use universal_worker_abi::Fault;

use crate::bind;
use crate::bind::Binding;
use crate::boundary::guarded;
use crate::plugin::Plugin;
use crate::shim;
use crate::testing::failure::Failure;
use crate::testing::prepared::json;
use crate::testing::prepared::unless_null;

/// What a class takes and gives, as hosts read it; without an instance, and without
/// [`load`](Plugin::load).
pub struct Interface<P> {
    positional: Option<Vec<String>>,
    config_schema: Value,
    args_schema: Value,
    output_schema: Value,
    plugin: PhantomData<fn() -> P>,
}

impl<P: Plugin> Interface<P> {
    /// Asks the class.
    ///
    /// # Panics
    /// When no worker would take the class, since its config or arguments are no object in JSON.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let name = std::any::type_name::<P>();
        let info = match shim::describe::<P>(name, "", "") {
            Ok(info) => info,
            Err(fault) => panic!("{}", fault.message),
        };
        Self {
            positional: info.positional,
            config_schema: value(&info.config_schema),
            args_schema: value(&info.args_schema),
            output_schema: value(&info.output_schema),
            plugin: PhantomData,
        }
    }

    /// The arguments that may be given by position, in their order; none where all are by keyword.
    #[must_use]
    pub fn positional(&self) -> Option<&[String]> {
        self.positional.as_deref()
    }

    /// JSON Schema of the config.
    #[must_use]
    pub fn config_schema(&self) -> &Value {
        &self.config_schema
    }

    /// JSON Schema of the arguments, as one object.
    #[must_use]
    pub fn args_schema(&self) -> &Value {
        &self.args_schema
    }

    /// JSON Schema of a result.
    #[must_use]
    pub fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    /// Reads a config, and hands it out with its defaults; `()` is an empty one.
    ///
    /// # Errors
    /// Why it does not fit; what [`initialize`](Plugin::initialize) refuses is not known here.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    #[track_caller]
    pub fn check_config(&self, config: impl Serialize) -> Result<Value, Failure> {
        let config = unless_null(json(&config), "{}");
        let completed = guarded(|| {
            let config: P::Config = bind::config(config.as_bytes())?;
            shim::encode(&config)
        })?;
        Ok(serde_json::from_slice(&completed).expect("it was just written as JSON"))
    }

    /// Binds positional arguments and keywords; `()` for none.
    ///
    /// # Errors
    /// Why they do not fit.
    ///
    /// # Panics
    /// When they cannot be written as JSON.
    #[track_caller]
    pub fn check_args(&self, args: impl Serialize, kwargs: impl Serialize) -> Result<(), Failure> {
        let args = unless_null(json(&args), "[]");
        let kwargs = unless_null(json(&kwargs), "{}");
        let body = format!(r#"{{"args":{args},"kwargs":{kwargs}}}"#);
        let bound = guarded(|| {
            bind::call::<P::Args>(body.as_bytes(), &Binding::of::<P::Args>())?;
            Ok::<(), Fault>(())
        });
        Ok(bound?)
    }

    /// Holds the schema of the arguments to what binding really takes.
    ///
    /// `kwargs` has a good value for every argument.
    /// They are accepted by keyword and by position; and without one of them the call is refused
    /// exactly where the schema calls it required.
    ///
    /// # Panics
    /// When one of these does not hold; names the argument.
    #[track_caller]
    pub fn assert_args(&self, kwargs: impl Serialize) {
        let all = object(&kwargs);
        let check = |kwargs: &Map<String, Value>| self.check_args((), kwargs);
        assert_required("argument", &self.args_schema, &all, check);
        let Some(order) = self.positional() else { return };
        let args: Vec<_> = order.iter().filter_map(|name| all.get(name)).collect();
        if let Err(failure) = self.check_args(&args, ()) {
            panic!("by position, in the order {order:?}, they are refused: {failure}");
        }
    }

    /// Holds the schema of the config to what is really taken; `config` has a good value for every
    /// field.
    ///
    /// # Panics
    /// When it is refused, or without one field it is not refused exactly where the schema calls
    /// that field required; names the field.
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
        panic!("what is to be accepted is refused: {failure}");
    }
    let properties = schema["properties"].as_object();
    if let Some(name) = properties.into_iter().flat_map(Map::keys).find(|&it| !all.contains_key(it))
    {
        panic!("the test gives no value for {part} '{name}'");
    }
    let required = schema["required"].as_array();
    for name in all.keys() {
        let mut without = all.clone();
        without.remove(name);
        let is_required = required.is_some_and(|names| names.iter().any(|it| it == name));
        match (is_required, check(&without)) {
            (true, Ok(())) => panic!("the schema requires {part} '{name}', which may be left out"),
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
        Err(error) => panic!("what the test hands over is no object: {error}"),
    }
}

fn value(schema: &RawValue) -> Value {
    serde_json::from_str(schema.get()).expect("a schema is JSON")
}

impl<P: Plugin> Default for Interface<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> fmt::Debug for Interface<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interface").field("positional", &self.positional).finish_non_exhaustive()
    }
}
