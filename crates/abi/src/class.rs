//! Classes and instances, as the worker uses them.

use std::sync::Arc;
use std::{fmt, mem};

use crate::context::{RunContext, context_object};
use crate::fault::Fault;
use crate::info::{ClassInfo, Reconfigured};
use crate::raw::{ClassObject, InstanceObject, RSlice, RVec, RawFault};

/// An open class of plugins, from a library or from the current program.
pub struct Class {
    object: ClassObject,
    info: ClassInfo,
}

/// A plugin created from a config.
///
/// Dropping it runs its cleanup, which may take long.
pub struct Instance {
    object: InstanceObject,
}

/// JSON text returned by a plugin, borrowed without a copy through [`AsRef`].
pub struct JsonText(RVec<u8>);

impl Class {
    /// Wraps the object of an open class.
    ///
    /// # Errors
    /// If the description of the class is not a valid [`ClassInfo`].
    pub fn new(object: ClassObject) -> Result<Self, serde_json::Error> {
        let info = serde_json::from_slice(&object.describe())?;
        Ok(Self { object, info })
    }

    /// The description of the class.
    #[must_use]
    pub fn info(&self) -> &ClassInfo {
        &self.info
    }

    /// Returns `config` with its defaults filled in.
    ///
    /// # Errors
    /// If the config does not fit the class.
    pub fn complete_config(&self, config: &[u8]) -> Result<JsonText, Fault> {
        json_text(self.object.complete_config(config.into()).into_result())
    }

    /// Returns the [`ConfigOptions`](crate::ConfigOptions) of the class.
    ///
    /// `config` is the config in force, or empty.
    ///
    /// # Errors
    /// [`NotSupported`](crate::FaultKind::NotSupported) if the class has no options, and every other
    /// fault of the plugin.
    pub fn config_options<C: RunContext>(
        &self,
        config: &[u8],
        cx: Arc<C>,
    ) -> Result<JsonText, Fault> {
        json_text(self.object.config_options(config.into(), context_object(cx)).into_result())
    }

    /// Creates an instance.
    ///
    /// # Errors
    /// If the plugin rejects the config.
    pub fn create<C: RunContext>(&self, config: &[u8], cx: Arc<C>) -> Result<Instance, Fault> {
        let created = self.object.create(config.into(), context_object(cx)).into_result();
        created.map(|object| Instance { object }).map_err(Fault::from)
    }

    /// Calls a feature that this version of the interface has no method for.
    ///
    /// # Errors
    /// [`NotSupported`](crate::FaultKind::NotSupported) if the class does not know `name`, and every
    /// other fault of the plugin.
    pub fn extension<C: RunContext>(
        &self,
        name: &str,
        json: &[u8],
        cx: Arc<C>,
    ) -> Result<JsonText, Fault> {
        json_text(self.object.extension(name.into(), json.into(), context_object(cx)).into_result())
    }
}

impl Instance {
    /// The config in force, with its defaults filled in.
    #[must_use]
    pub fn config(&self) -> JsonText {
        JsonText(self.object.config())
    }

    /// Executes a call, `{"args":[…],"kwargs":{…}}`, and returns its result.
    ///
    /// # Errors
    /// The fault of the run.
    pub fn execute<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<JsonText, Fault> {
        json_text(self.object.execute(call.into(), context_object(cx)).into_result())
    }

    /// Executes a call that emits its results through the context.
    ///
    /// # Errors
    /// The fault of the run, which may come after values were emitted.
    pub fn execute_stream<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<(), Fault> {
        let result = self.object.execute_stream(call.into(), context_object(cx)).into_result();
        result.map_err(Fault::from)
    }

    /// Fetches what later calls need, such as model weights; may take long.
    ///
    /// # Errors
    /// [`NotSupported`](crate::FaultKind::NotSupported) if the plugin has nothing to fetch, and every
    /// other fault of the plugin.
    pub fn prefetch<C: RunContext>(&self, cx: Arc<C>) -> Result<(), Fault> {
        let report = self.object.prefetch(RSlice::EMPTY, context_object(cx)).into_result();
        report.map(ignore).map_err(Fault::from)
    }

    /// Checks whether the plugin can work.
    ///
    /// # Errors
    /// The reason why it cannot; [`NotSupported`](crate::FaultKind::NotSupported) if the plugin has no
    /// health check.
    pub fn health<C: RunContext>(&self, cx: Arc<C>) -> Result<(), Fault> {
        let report = self.object.health(context_object(cx)).into_result();
        report.map(ignore).map_err(Fault::from)
    }

    /// Applies another config in place, if the plugin can.
    ///
    /// # Errors
    /// If the plugin rejects the config; the previous config stays in force.
    pub fn reconfigure<C: RunContext>(
        &mut self,
        config: &[u8],
        cx: Arc<C>,
    ) -> Result<Reconfigured, Fault> {
        let in_place = self.object.reconfigure(config.into(), context_object(cx)).into_result();
        let outcome = |in_place| match in_place {
            true => Reconfigured::InPlace,
            false => Reconfigured::Rebuild,
        };
        in_place.map(outcome).map_err(Fault::from)
    }

    /// Calls a feature that this version of the interface has no method for.
    ///
    /// # Errors
    /// [`NotSupported`](crate::FaultKind::NotSupported) if the plugin does not know `name`, and every
    /// other fault of the plugin.
    pub fn extension<C: RunContext>(
        &self,
        name: &str,
        json: &[u8],
        cx: Arc<C>,
    ) -> Result<JsonText, Fault> {
        json_text(self.object.extension(name.into(), json.into(), context_object(cx)).into_result())
    }
}

/// Drops a report of a later version; an unallocated one is forgotten, which saves a call into the
/// library.
fn ignore(report: RVec<u8>) {
    if report.capacity() == 0 {
        mem::forget(report);
    }
}

fn json_text(result: Result<RVec<u8>, RawFault>) -> Result<JsonText, Fault> {
    result.map(JsonText).map_err(Fault::from)
}

impl JsonText {
    /// Bytes of memory that it holds, which may be more than it has.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl From<Vec<u8>> for JsonText {
    fn from(json: Vec<u8>) -> Self {
        Self(json.into())
    }
}

impl AsRef<[u8]> for JsonText {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Class").field("info", &self.info).finish_non_exhaustive()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonText").field(&String::from_utf8_lossy(self.as_ref())).finish()
    }
}
