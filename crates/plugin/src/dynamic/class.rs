//! Classes without Rust types.

use universal_worker_abi::{ClassInfo, Fault};

use crate::context::Context;
use crate::dynamic::instance::DynInstance;
use crate::error::PluginError;

/// A class of plugins that takes and returns JSON; see the [module](crate::dynamic).
///
/// The methods may be called on any thread, also at the same time.
pub trait DynClass: Send + Sync + 'static {
    /// The description of the class.
    ///
    /// Read once, after [`load`](Self::load).
    fn info(&self) -> &ClassInfo;

    /// Runs once when the class is opened, before the worker announces itself.
    ///
    /// Does nothing by default.
    ///
    /// # Errors
    /// An error ends the worker.
    fn load(&self, cx: &Context) -> Result<(), Fault> {
        let _ = cx;
        Ok(())
    }

    /// Returns `config`, a JSON object, with its defaults filled in.
    ///
    /// # Errors
    /// If the config does not fit the class.
    fn complete_config(&self, config: &[u8]) -> Result<Vec<u8>, Fault>;

    /// Creates an instance from a config, which is a JSON object.
    ///
    /// # Errors
    /// If the config is rejected.
    fn create(&self, config: &[u8], cx: &Context) -> Result<Box<dyn DynInstance>, Fault>;

    /// Returns the options of config fields as JSON, in the format of
    /// [`ConfigOptions`](crate::ConfigOptions).
    ///
    /// `config` is the config in force, or empty.
    ///
    /// # Errors
    /// Not supported by default.
    fn config_options(&self, config: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        let _ = (config, cx);
        Err(PluginError::not_supported().into())
    }

    /// Calls a feature that the interface has no method for.
    ///
    /// # Errors
    /// Every name is unknown by default.
    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
        let _ = (json, cx);
        Err(Fault::unknown_extension(name))
    }
}
