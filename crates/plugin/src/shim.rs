//! Turns a typed plugin into the objects of the interface, in a library or in-process.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::value::RawValue;
use universal_worker_abi::Category;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;
use universal_worker_abi::raw::ClassObject;
use universal_worker_abi::raw::ContextObject;
use universal_worker_abi::raw::InstanceObject;
use universal_worker_abi::raw::RResult;
use universal_worker_abi::raw::RSlice;
use universal_worker_abi::raw::RStr;
use universal_worker_abi::raw::RVec;
use universal_worker_abi::raw::RawClass;
use universal_worker_abi::raw::RawClass_TO;
use universal_worker_abi::raw::RawFault;
use universal_worker_abi::raw::RawInstance;
use universal_worker_abi::raw::RawInstance_TO;
use universal_worker_abi::raw::TD_Opaque;
use universal_worker_json::Encoder;

use crate::bind;
use crate::bind::BindError;
use crate::bind::Binding;
use crate::boundary::Contained;
use crate::boundary::called;
use crate::boundary::entered;
use crate::boundary::guarded;
use crate::boundary::guarded_raw;
use crate::plugin::Cancel;
use crate::plugin::Plugin;
use crate::plugin::Reconfigured;

/// Runs `load` and makes the object of the class.
pub(crate) fn open<P: Plugin>(
    info: &ClassInfo,
    context: ContextObject,
) -> Result<ClassObject, Fault> {
    guarded(|| {
        entered(context, |cx| {
            P::load(cx)?;
            let shim = ClassShim::<P> {
                info: encode(info)?,
                binding: Arc::new(Binding::of::<P::Args>()),
                plugin: PhantomData,
            };
            Ok(RawClass_TO::from_value(shim, TD_Opaque))
        })
    })
}

/// What a class says of itself.
pub(crate) fn describe<P: Plugin>(
    class: &str,
    package: &str,
    version: &str,
) -> Result<ClassInfo, Fault> {
    let (config, args) = (schema::<P::Config>(), schema::<P::Args>());
    is_taken(class, "Config", &config, &["object"])?;
    is_taken(class, "Args", &args, &["object", "null"])?;
    let order = Binding::of::<P::Args>();
    Ok(ClassInfo {
        class: class.to_owned(),
        name: P::NAME.unwrap_or(package).to_owned(),
        version: P::VERSION.unwrap_or(version).to_owned(),
        description: P::DESCRIPTION.to_owned(),
        concurrency: P::CONCURRENCY.max(1),
        cancellable: P::CANCEL == Cancel::Obeyed,
        rebuild: P::REBUILD,
        positional: order.order().map(|names| names.iter().map(ToString::to_string).collect()),
        config_schema: raw(&config)?,
        args_schema: raw(&args)?,
        output_schema: raw(&schema::<P::Output>())?,
    })
}

/// Refuses a type of which no JSON that is sent here can be a value, such as a tuple.
fn is_taken(class: &str, what: &str, schema: &Schema, kinds: &[&str]) -> Result<(), Fault> {
    let kind = schema.get("type").and_then(serde_json::Value::as_str);
    match kind.filter(|kind| !kinds.contains(kind)) {
        None => Ok(()),
        Some(kind) => Err(Fault::new(
            FaultKind::Failed,
            format!("{what} of class '{class}' is of type {kind} in JSON, and must be an object"),
        )),
    }
}

fn schema<T: schemars::JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

fn raw(schema: &Schema) -> Result<Box<RawValue>, Fault> {
    let text = Encoder::compact().to_string(schema).map_err(cannot_write)?;
    RawValue::from_string(text).map_err(cannot_write)
}

struct ClassShim<P> {
    info: Vec<u8>,
    binding: Arc<Binding>,
    plugin: PhantomData<fn() -> P>,
}

impl<P: Plugin> RawClass for ClassShim<P> {
    fn describe(&self) -> RVec<u8> {
        self.info.clone().into()
    }

    fn complete_config(&self, config: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault> {
        guarded_raw(|| {
            let config: P::Config = bind::config(config.as_slice())?;
            Ok(encode(&config)?.into())
        })
    }

    fn create(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<InstanceObject, RawFault> {
        called(context, |cx| {
            let config: P::Config = bind::config(config.as_slice())?;
            let in_force = encode(&config)?;
            let plugin = P::initialize(config, cx)?;
            let shim = InstanceShim {
                plugin: Contained::new(plugin),
                config: in_force,
                binding: Arc::clone(&self.binding),
            };
            Ok(RawInstance_TO::from_value(shim, TD_Opaque))
        })
    }

    fn config_options(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        called(context, |cx| {
            let config = bind::config(config.as_slice()).ok();
            let options = P::config_options(config, cx)?;
            Ok(encode(&options)?.into())
        })
    }

    fn extension(
        &self,
        name: RStr<'_>,
        _json: RSlice<'_, u8>,
        _context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        guarded_raw(|| Err(Fault::unknown_extension(name.as_str())))
    }
}

struct InstanceShim<P: Plugin> {
    plugin: Contained<P>,
    config: Vec<u8>,
    binding: Arc<Binding>,
}

impl<P: Plugin> RawInstance for InstanceShim<P> {
    fn config(&self) -> RVec<u8> {
        self.config.clone().into()
    }

    fn execute(&self, call: RSlice<'_, u8>, context: ContextObject) -> RResult<RVec<u8>, RawFault> {
        called(context, |cx| {
            let args = bind::call(call.as_slice(), &self.binding)?;
            cx.bound();
            let output = self.plugin.execute(args, cx)?;
            Ok(encode(&output)?.into())
        })
    }

    fn execute_stream(
        &self,
        call: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<(), RawFault> {
        called(context, |cx| {
            let args = bind::call(call.as_slice(), &self.binding)?;
            cx.bound();
            Ok(self.plugin.execute_stream(args, cx)?)
        })
    }

    fn prefetch(
        &self,
        _request: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        called(context, |cx| {
            self.plugin.prefetch(cx)?;
            Ok(RVec::new())
        })
    }

    fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault> {
        called(context, |cx| {
            self.plugin.health(cx)?;
            Ok(RVec::new())
        })
    }

    fn reconfigure(
        &mut self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<bool, RawFault> {
        called(context, |cx| {
            let config: P::Config = bind::config(config.as_slice())?;
            // Before it is taken: what cannot be shown is refused.
            let in_force = encode(&config)?;
            let taken = match self.plugin.on_reconfigure(&config, cx) {
                Ok(becomes) => becomes == Reconfigured::InPlace,
                // As the default says it in other methods.
                Err(error) if error.is_not_supported() => false,
                Err(error) => return Err(error.into()),
            };
            if taken {
                self.config = in_force;
            }
            Ok(taken)
        })
    }

    fn extension(
        &self,
        name: RStr<'_>,
        _json: RSlice<'_, u8>,
        _context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        guarded_raw(|| Err(Fault::unknown_extension(name.as_str())))
    }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    Encoder::compact().to_vec(value).map_err(cannot_write)
}

fn cannot_write(error: impl fmt::Display) -> Fault {
    Fault::new(FaultKind::Failed, format!("cannot write what the plugin returned: {error}"))
}

impl From<BindError> for Fault {
    fn from(error: BindError) -> Self {
        let (kind, message, field) = match error {
            BindError::Syntax { message } => (FaultKind::Syntax, message, None),
            BindError::Shape { message } => (FaultKind::Arguments, message, None),
            BindError::Arguments { message, field } => (FaultKind::Arguments, message, field),
        };
        let mut fault = Self::new(kind, message);
        fault.detail.category = Some(Category::UserInput);
        fault.detail.retriable = Some(false);
        fault.detail.fields_invalid =
            field.map(|name| serde_json::Value::from_iter([(name, fault.message.as_str())]));
        fault
    }
}
