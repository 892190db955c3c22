//! Instances without Rust types.

use universal_worker_abi::{Fault, Reconfigured};

use crate::context::Context;
use crate::error::PluginError;

/// An instance of a [`DynClass`](crate::dynamic::DynClass). Dropping it is its cleanup.
///
/// The methods may be called on any thread.
/// `execute`, `execute_stream` and `prefetch` may be called at the same time, up to the concurrency
/// of the class; `reconfigure` and the drop never overlap a run.
pub trait DynInstance: Send + Sync + 'static {
    /// The config in force as a JSON object, with its defaults filled in.
    ///
    /// If this method panics, the worker shows an empty config.
    fn config(&self) -> Vec<u8>;

    /// Executes a call, `{"args":[…],"kwargs":{…}}`, and returns its result as JSON.
    ///
    /// Call [`Context::arguments_bound`] once the arguments are accepted.
    ///
    /// # Errors
    /// The error of the run. Use [`FaultKind::Syntax`](crate::dynamic::FaultKind::Syntax) for invalid
    /// JSON and [`FaultKind::Arguments`](crate::dynamic::FaultKind::Arguments) for arguments that do
    /// not fit.
    fn execute(&self, call: &[u8], cx: &Context) -> Result<Vec<u8>, Fault>;

    /// Executes a call and emits each result with [`Context::emit`] or [`Context::emit_json`].
    ///
    /// By default it emits the result of [`execute`](Self::execute).
    ///
    /// # Errors
    /// The error of the run, as for [`execute`](Self::execute).
    fn execute_stream(&self, call: &[u8], cx: &Context) -> Result<(), Fault> {
        let output = self.execute(call, cx)?;
        Ok(cx.emit_json(&output)?)
    }

    /// Fetches what later calls need, such as model weights.
    ///
    /// # Errors
    /// The error of the run. Not supported by default.
    fn prefetch(&self, cx: &Context) -> Result<(), Fault> {
        let _ = cx;
        Err(PluginError::not_supported().into())
    }

    /// Checks whether the instance can work. May be called while runs are active.
    ///
    /// # Errors
    /// The reason why it cannot. Not supported by default.
    fn health(&self, cx: &Context) -> Result<(), Fault> {
        let _ = cx;
        Err(PluginError::not_supported().into())
    }

    /// Applies another config in place.
    ///
    /// By default every config needs a new instance.
    ///
    /// # Errors
    /// If the config is rejected. The previous config must still be in force then.
    fn reconfigure(&mut self, config: &[u8], cx: &Context) -> Result<Reconfigured, Fault> {
        let _ = (config, cx);
        Ok(Reconfigured::Rebuild)
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
