//! The description of a class, derived from its types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;
use serde_json::value::RawValue;
use universal_worker_abi::{ClassInfo, Fault, FaultKind};
use universal_worker_json::Encoder;

use crate::bind::Binding;
use crate::encode::cannot_write;
use crate::plugin::{Cancellation, Plugin};

/// Describes the class of a plugin.
pub(super) fn describe<P: Plugin>(
    class: &str,
    package: &str,
    version: &str,
    binding: &Binding,
) -> Result<ClassInfo, Fault> {
    let (config, args) = (schema::<P::Config>(), schema::<P::Args>());
    require_type(class, "Config", &config, &["object"])?;
    require_type(class, "Args", &args, &["object", "null"])?;
    let name = P::NAME.unwrap_or(package);
    let mut info = ClassInfo::new(class, name, P::VERSION.unwrap_or(version));
    P::DESCRIPTION.clone_into(&mut info.description);
    info.concurrency = P::CONCURRENCY.max(1);
    info.cancellable = P::CANCELLATION == Cancellation::Cooperative;
    info.reload = P::RELOAD;
    info.lanes = P::LANES;
    info.positional =
        binding.positional().map(|names| names.iter().map(ToString::to_string).collect());
    info.config_schema = raw(&config)?;
    info.args_schema = raw(&args)?;
    info.output_schema = raw(&schema::<P::Output>())?;
    Ok(info)
}

/// Rejects types whose JSON is never sent, such as tuples.
fn require_type(class: &str, part: &str, schema: &Schema, allowed: &[&str]) -> Result<(), Fault> {
    let found = schema.get("type").and_then(Value::as_str);
    match found.filter(|found| !allowed.contains(found)) {
        None => Ok(()),
        Some(found) => Err(Fault::new(
            FaultKind::Failed,
            format!("{part} of class '{class}' is of type {found} in JSON, and must be an object"),
        )),
    }
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

fn raw(schema: &Schema) -> Result<Box<RawValue>, Fault> {
    let text = Encoder::compact().to_string(schema).map_err(cannot_write)?;
    RawValue::from_string(text).map_err(cannot_write)
}
