//! The trait that plugin authors implement.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
pub use universal_worker_abi::ConfigOption;
pub use universal_worker_abi::ConfigOptions;
pub use universal_worker_abi::FieldOptions;
pub use universal_worker_abi::Lanes;
pub use universal_worker_abi::Reconfigured;
pub use universal_worker_abi::Reload;

use crate::context::Context;
use crate::error::PluginError;

/// A class of plugins.
///
/// The types [`Config`](Plugin::Config), [`Args`](Plugin::Args) and [`Output`](Plugin::Output) define
/// what the plugin takes and returns; everything else has a default except
/// [`initialize`](Plugin::initialize) and [`execute`](Plugin::execute).
///
/// `initialize` is the constructor and [`Drop`] the cleanup.
/// Neither overlaps a run.
///
/// # Examples
/// A plugin with progress, cancellation and a stream:
/// ```
/// use std::time::Duration;
///
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use universal_worker_plugin::{Context, Plugin, PluginError, schemars};
///
/// struct Countdown;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Config {}
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Args {
///     from: u32,
/// }
///
/// impl Plugin for Countdown {
///     type Config = Config;
///     type Args = Args;
///     type Output = u32;
///
///     const DESCRIPTION: &'static str = "Counts down.";
///     const CONCURRENCY: u32 = 8;
///
///     fn initialize(_config: Config, _cx: &Context) -> Result<Self, PluginError> {
///         Ok(Self)
///     }
///
///     fn execute(&self, args: Args, _cx: &Context) -> Result<u32, PluginError> {
///         Ok(args.from)
///     }
///
///     fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
///         for number in (1..=args.from).rev() {
///             cx.emit(&number)?;
///             cx.progress(1.0 - f64::from(number - 1) / f64::from(args.from));
///             cx.sleep(Duration::from_secs(1))?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Plugin: Sized + Send + Sync + 'static {
    /// The config: a type that is an object in JSON.
    ///
    /// `GET /config` serves it serialized, so its defaults are visible.
    type Config: Serialize + DeserializeOwned + JsonSchema;

    /// The arguments: a struct whose fields bind like the parameters of a Python function, `args` by
    /// position and `kwargs` by name.
    type Args: DeserializeOwned + JsonSchema;

    /// The result of a run, and each value of a stream.
    type Output: Serialize + JsonSchema;

    /// The name under which the class is served; the name of the package if `None`.
    const NAME: Option<&'static str> = None;

    /// The version of the class; the version of the package if `None`.
    const VERSION: Option<&'static str> = None;

    /// A description for people, one paragraph; empty by default.
    const DESCRIPTION: &'static str = "";

    /// The maximum number of concurrent runs of an instance; 1 by default, and 0 counts as 1.
    const CONCURRENCY: u32 = 1;

    /// Whether runs react to cancellation; [`Cooperative`](Cancellation::Cooperative) by default.
    const CANCELLATION: Cancellation = Cancellation::Cooperative;

    /// How a new instance replaces the current one when the config changes;
    /// [`CreateFirst`](Reload::CreateFirst) by default.
    const RELOAD: Reload = Reload::CreateFirst;

    /// Which threads call [`execute`](Plugin::execute); [`Auto`](Lanes::Auto) by default.
    ///
    /// A class whose native code keeps state in each thread, such as a current device or context, sets
    /// [`Threads`](Lanes::Threads), and with a [`CONCURRENCY`](Plugin::CONCURRENCY) of 1 is then always
    /// called on the same thread.
    const LANES: Lanes = Lanes::Auto;

    /// Runs once when the class is opened, before the worker announces itself: the place to check for
    /// a device, a license or a required file.
    ///
    /// Does nothing by default.
    ///
    /// # Errors
    /// An error ends the worker, with this message.
    fn load(cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Ok(())
    }

    /// Creates an instance from a config.
    ///
    /// # Errors
    /// An error rejects the config; the previous instance stays in force.
    fn initialize(config: Self::Config, cx: &Context) -> Result<Self, PluginError>;

    /// Executes a call.
    ///
    /// May block: calls that take long have threads of their own (see [`LANES`](Plugin::LANES)).
    /// A long run should call [`Context::check_cancelled`] regularly.
    ///
    /// # Errors
    /// The error is the response of the run.
    fn execute(&self, args: Self::Args, cx: &Context) -> Result<Self::Output, PluginError>;

    /// Executes a call that emits its results one by one with [`Context::emit`].
    ///
    /// By default it emits the result of [`execute`](Plugin::execute).
    ///
    /// # Errors
    /// The error is the last line of the stream.
    fn execute_stream(&self, args: Self::Args, cx: &Context) -> Result<(), PluginError> {
        let output = self.execute(args, cx)?;
        cx.emit(&output)
    }

    /// Fetches or warms up what later calls need, such as model weights: `POST /prefetch`.
    ///
    /// It is a run like `execute`: it counts against [`CONCURRENCY`](Plugin::CONCURRENCY), reports
    /// progress and can be cancelled.
    /// It may be called any number of times.
    ///
    /// # Errors
    /// The error is the response.
    /// The default is [`PluginError::not_supported`]: there is nothing to fetch.
    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Err(PluginError::not_supported())
    }

    /// Checks whether the plugin can work: `GET /ready`, which waits for it, 1 s by default.
    ///
    /// May be called while runs are active.
    /// [`Context::remaining`] is the time that the worker still waits.
    ///
    /// # Errors
    /// The reason why the plugin cannot work.
    /// The default is [`PluginError::not_supported`]: there is no check, and the worker does not ask
    /// again.
    fn health(&self, cx: &Context) -> Result<(), PluginError> {
        let _ = cx;
        Err(PluginError::not_supported())
    }

    /// Lists the options of config fields whose values are known only at run time, such as the models
    /// of a service: `GET /config_options`.
    ///
    /// `config` is the config in force or, before the first one, the config of an empty object; `None`
    /// if that is invalid.
    /// May be called while runs are active, and before there is an instance.
    ///
    /// # Errors
    /// The error is the response.
    /// The default is [`PluginError::not_supported`]: the schema says everything.
    fn config_options(
        config: Option<Self::Config>,
        cx: &Context,
    ) -> Result<ConfigOptions, PluginError> {
        let _ = (config, cx);
        Err(PluginError::not_supported())
    }

    /// Applies another config in place, which avoids creating a new instance.
    ///
    /// By default a new instance replaces this one as [`RELOAD`](Plugin::RELOAD) says.
    ///
    /// # Errors
    /// An error rejects the config. The previous config stays in force, so `self` must be unchanged.
    fn on_reconfigure(
        &mut self,
        config: &Self::Config,
        cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        let _ = (config, cx);
        Ok(Reconfigured::Rebuild)
    }
}

/// Whether the runs of a class react to cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// Runs check their context and return soon after a cancel.
    Cooperative,
    /// Runs cannot be stopped; `POST /cancel` responds `not_supported`.
    Unsupported,
}
