//! The trait that an author implements.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
pub use universal_worker_abi::ConfigOption;
pub use universal_worker_abi::ConfigOptions;
pub use universal_worker_abi::FieldOptions;
pub use universal_worker_abi::Rebuild;
pub use universal_worker_abi::Reconfigured;

use crate::context::Context;
use crate::error::PluginError;

/// A class of plugins, typed.
///
/// [`initialize`](Plugin::initialize) is the constructor and `Drop` the cleanup, so that there is
/// no half-initialised plugin.
/// Neither overlaps a run.
///
/// # Examples
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use universal_worker_plugin::{Context, Plugin, PluginError, schemars};
///
/// struct Repeat {
///     separator: String,
/// }
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Config {
///     #[serde(default)]
///     separator: String,
/// }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Args {
///     text: String,
///     times: usize,
/// }
///
/// impl Plugin for Repeat {
///     type Config = Config;
///     type Args = Args;
///     type Output = String;
///
///     fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
///         Ok(Self { separator: config.separator })
///     }
///
///     fn execute(&self, args: Args, _cx: &Context) -> Result<String, PluginError> {
///         Ok(vec![args.text; args.times].join(&self.separator))
///     }
/// }
/// ```
pub trait Plugin: Sized + Send + Sync + 'static {
    /// What [`initialize`](Plugin::initialize) takes: a JSON object.
    ///
    /// It is serialised again for `GET /config`, so that defaults are seen.
    type Config: Serialize + DeserializeOwned + JsonSchema;

    /// The arguments, a struct whose fields bind like the parameters of a Python function:
    /// `args` in order, `kwargs` by name.
    type Args: DeserializeOwned + JsonSchema;

    /// The result of a run, or one value of its stream.
    type Output: Serialize + JsonSchema;

    /// The name under which it is served; that of its package where this is `None`.
    const NAME: Option<&'static str> = None;

    /// Its version; that of its package where this is `None`.
    const VERSION: Option<&'static str> = None;

    /// One paragraph for people.
    const DESCRIPTION: &'static str = "";

    /// How many runs it takes at once.
    const CONCURRENCY: u32 = 1;

    /// Whether its runs obey a cancel.
    const CANCEL: Cancel = Cancel::Obeyed;

    /// How a new config replaces the one in force.
    const REBUILD: Rebuild = Rebuild::Beside;

    /// Runs once, when the class is opened and before the worker announces itself: the place to
    /// look for a device, a licence, a file that must be there.
    ///
    /// # Errors
    /// Its error is a load error: the worker ends with it.
    fn load(cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Ok(())
    }

    /// Makes the plugin from a config.
    ///
    /// # Errors
    /// Refuses the config; the former instance stays in force.
    fn initialize(config: Self::Config, cx: &Context) -> Result<Self, PluginError>;

    /// Executes one call.
    ///
    /// A run that takes long asks [`Context::is_cancelled`] often, or
    /// [`check_cancelled`](Context::check_cancelled) with `?`.
    ///
    /// # Errors
    /// Its error is the answer of the run.
    fn execute(&self, args: Self::Args, cx: &Context) -> Result<Self::Output, PluginError>;

    /// Executes one call whose results are emitted one by one with [`Context::emit`].
    ///
    /// By default it emits the one result of [`execute`](Plugin::execute).
    ///
    /// # Errors
    /// Its error is the last line of the stream.
    fn execute_stream(&self, args: Self::Args, cx: &Context) -> Result<(), PluginError> {
        let output = self.execute(args, cx)?;
        cx.emit(&output)
    }

    /// Fetches or warms up what later calls need, such as weights: `POST /prefetch`.
    ///
    /// It is a run as `execute` is: it takes a lane, tells its progress, and can be cancelled.
    /// It may be asked for again and again.
    ///
    /// # Errors
    /// Its error is the answer; [`PluginError::not_supported`], the default, says that there is
    /// nothing to fetch.
    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Err(PluginError::not_supported())
    }

    /// Says whether the plugin can do its work: asked by `GET /ready`, which does not wait long.
    ///
    /// It may be called while runs go on; [`Context::remaining`] tells how long the answer is waited for.
    ///
    /// # Errors
    /// Why it cannot; [`PluginError::not_supported`], the default, says that the class does not look,
    /// and it is not asked again.
    fn health(&self, cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Err(PluginError::not_supported())
    }

    /// What a form may offer for fields of the config whose values are known at run time only, such
    /// as the models of a service: `GET /config_options`.
    ///
    /// `config` is the one in force, or what an empty one is; none where that is refused.
    /// It may be called while runs go on, and before there is an instance.
    ///
    /// # Errors
    /// Why they cannot be told; [`PluginError::not_supported`], the default, says that the schema
    /// says it all.
    fn config_options(
        config: Option<Self::Config>,
        cx: &Context,
    ) -> Result<ConfigOptions, PluginError> {
        let _ = (config, cx);
        Err(PluginError::not_supported())
    }

    /// Takes another config in place, so that what is expensive can stay as it is.
    ///
    /// By default a new instance is made from it, as [`REBUILD`](Plugin::REBUILD) says.
    ///
    /// # Errors
    /// Refuses the config; the former one stays in force, so `self` must still be as it was.
    fn on_reconfigure(
        &mut self,
        config: &Self::Config,
        cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        let _ = (config, cx);
        Ok(Reconfigured::BuildAnew)
    }
}

/// Whether the runs of a class obey a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// They look at the context and come back soon.
    Obeyed,
    /// They cannot be stopped: `/cancel` answers `not_supported`.
    NotSupported,
}
