//! Typed plugins as dynamic classes.
//!
//! This is all that is compiled for every plugin: binding, encoding and the calls of its methods.

mod describe;

use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use universal_worker_abi::{ClassInfo, Fault, Lanes, Reconfigured};

use crate::bind;
use crate::bind::Binding;
use crate::context::Context;
use crate::dynamic::class::DynClass;
use crate::dynamic::instance::DynInstance;
use crate::encode::encode;
use crate::plugin::Plugin;
use crate::typed::describe::describe;

/// The class of a typed plugin.
pub(crate) struct TypedClass<P> {
    info: ClassInfo,
    binding: Arc<Binding>,
    plugin: PhantomData<fn() -> P>,
}

/// An instance of a typed plugin.
struct TypedInstance<P> {
    plugin: P,
    /// The config in force, as JSON.
    config: Vec<u8>,
    binding: Arc<Binding>,
}

impl<P: Plugin> TypedClass<P> {
    /// Describes `P` as a class of this name; `package` and `version` are used unless the plugin sets
    /// its own.
    ///
    /// # Errors
    /// If the config or the arguments are not objects in JSON.
    pub(crate) fn new(class: &str, package: &str, version: &str) -> Result<Self, Fault> {
        let binding = Arc::new(Binding::of::<P::Args>());
        let info = describe::<P>(class, package, version, &binding)?;
        Ok(Self { info, binding, plugin: PhantomData })
    }

    /// Describes `P` as a class of the current program, named after its type.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub(crate) fn from_type() -> Result<Self, Fault> {
        let path = type_name::<P>();
        let class = path.rsplit("::").next().unwrap_or(path);
        let mut class = Self::new(class, &class.to_lowercase(), "0.0.0")?;
        if class.info.lanes == Lanes::Auto {
            // It shares tokio with the threads of connections, which must not wait for a future.
            class.info.lanes = Lanes::Threads;
        }
        Ok(class)
    }

    /// Binds a call to the arguments of the plugin.
    #[cfg(feature = "testing")]
    pub(crate) fn bind(&self, call: &[u8]) -> Result<P::Args, Fault> {
        Ok(bind::call(call, &self.binding)?)
    }
}

impl<P: Plugin> DynClass for TypedClass<P> {
    fn info(&self) -> &ClassInfo {
        &self.info
    }

    fn load(&self, cx: &Context) -> Result<(), Fault> {
        Ok(P::load(cx)?)
    }

    fn complete_config(&self, config: &[u8]) -> Result<Vec<u8>, Fault> {
        let config: P::Config = bind::config(config)?;
        encode(&config)
    }

    fn create(&self, config: &[u8], cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        let config: P::Config = bind::config(config)?;
        let in_force = encode(&config)?;
        let plugin = P::initialize(config, cx)?;
        let binding = Arc::clone(&self.binding);
        Ok(Box::new(TypedInstance { plugin, config: in_force, binding }))
    }

    fn config_options(&self, config: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        let config = bind::config(config).ok();
        encode(&P::config_options(config, cx)?)
    }
}

impl<P: Plugin> DynInstance for TypedInstance<P> {
    fn config(&self) -> Vec<u8> {
        self.config.clone()
    }

    fn execute(&self, call: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        let args = bind::call(call, &self.binding)?;
        cx.arguments_bound();
        encode(&self.plugin.execute(args, cx)?)
    }

    fn execute_stream(&self, call: &[u8], cx: &Context) -> Result<(), Fault> {
        let args = bind::call(call, &self.binding)?;
        cx.arguments_bound();
        Ok(self.plugin.execute_stream(args, cx)?)
    }

    fn prefetch(&self, cx: &Context) -> Result<(), Fault> {
        Ok(self.plugin.prefetch(cx)?)
    }

    fn health(&self, cx: &Context) -> Result<(), Fault> {
        Ok(self.plugin.health(cx)?)
    }

    fn reconfigure(&mut self, config: &[u8], cx: &Context) -> Result<Reconfigured, Fault> {
        let config: P::Config = bind::config(config)?;
        // Encoded first: a config that cannot be shown must not be applied.
        let in_force = encode(&config)?;
        match self.plugin.on_reconfigure(&config, cx) {
            Ok(Reconfigured::InPlace) => {
                self.config = in_force;
                Ok(Reconfigured::InPlace)
            }
            Ok(Reconfigured::Rebuild) => Ok(Reconfigured::Rebuild),
            // Means the same as for the other optional methods: left out.
            Err(error) if error.is_not_supported() => Ok(Reconfigured::Rebuild),
            Err(error) => Err(error.into()),
        }
    }
}
