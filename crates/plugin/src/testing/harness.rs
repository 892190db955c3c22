//! A class and an instance of it, in the test program.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::{Class, ConfigOptions, Fault, Instance, Reconfigured, Reload};

use crate::boundary::log_cleanup_panic;
use crate::dynamic::class::DynClass;
use crate::dynamic::in_process::open;
use crate::plugin::Plugin;
use crate::testing::call_builder::CallBuilder;
use crate::testing::failure::Failure;
use crate::testing::input::{json, unless_null};
use crate::testing::outcome::{LogLine, Outcome};
use crate::testing::recorder::Recorder;
use crate::typed::TypedClass;

/// A plugin in the test program; see the [module](super).
///
/// Dropping the harness runs the cleanup of the plugin.
pub struct Harness<P: ?Sized> {
    class: Class,
    /// `None` only while an instance is being replaced.
    instance: Option<Instance>,
    /// The config that the instance was created from.
    config: String,
    background: Arc<Recorder>,
    plugin: PhantomData<fn() -> Box<P>>,
}

impl<P: Plugin> Harness<P> {
    /// Opens the class of a plugin, which runs [`load`](Plugin::load), and creates an instance.
    ///
    /// `config` is any value that is an object in JSON, or `()` for an empty one.
    ///
    /// # Errors
    /// The error of `load` or [`initialize`](Plugin::initialize), or why the config does not fit.
    ///
    /// # Panics
    /// If the config cannot be written as JSON.
    #[track_caller]
    pub fn new(config: impl Serialize) -> Result<Self, Failure> {
        Self::open(Box::new(TypedClass::<P>::from_type()?), config)
    }
}

impl Harness<dyn DynClass> {
    /// Opens a [dynamic class](crate::dynamic), which runs [`load`](DynClass::load), and creates an
    /// instance.
    ///
    /// `config` is any value that is an object in JSON, or `()` for an empty one.
    ///
    /// # Errors
    /// The error of `load` or [`create`](DynClass::create).
    ///
    /// # Panics
    /// If the config cannot be written as JSON.
    #[track_caller]
    pub fn from_class(class: Box<dyn DynClass>, config: impl Serialize) -> Result<Self, Failure> {
        Self::open(class, config)
    }
}

impl<P: ?Sized> Harness<P> {
    #[track_caller]
    fn open(class: Box<dyn DynClass>, config: impl Serialize) -> Result<Self, Failure> {
        let config = unless_null(json(&config), "{}");
        let background = Recorder::background();
        let class = open(class, Arc::clone(&background), record_cleanup_panic)?;
        let instance = Some(class.create(config.as_bytes(), Arc::clone(&background))?);
        Ok(Self { class, instance, config, background, plugin: PhantomData })
    }

    /// Calls `execute` with positional and keyword arguments; `()` for none.
    ///
    /// # Panics
    /// If the arguments cannot be written as JSON.
    #[must_use]
    #[track_caller]
    pub fn call(&self, args: impl Serialize, kwargs: impl Serialize) -> Outcome {
        self.prepare().args(args).kwargs(kwargs).call()
    }

    /// Calls `execute_stream` with positional and keyword arguments; `()` for none.
    ///
    /// # Panics
    /// If the arguments cannot be written as JSON.
    #[must_use]
    #[track_caller]
    pub fn stream(&self, args: impl Serialize, kwargs: impl Serialize) -> Outcome {
        self.prepare().args(args).kwargs(kwargs).stream()
    }

    /// Calls `prefetch`.
    #[must_use]
    #[track_caller]
    pub fn prefetch(&self) -> Outcome {
        self.prepare().prefetch()
    }

    /// Builds a call that is cancelled during the run or has a deadline.
    #[track_caller]
    pub fn prepare(&self) -> CallBuilder<'_> {
        CallBuilder::new(self.instance())
    }

    /// Calls `health`.
    ///
    /// # Errors
    /// The reason why the plugin cannot work; [not supported](Failure::is_not_supported) if it has no
    /// check.
    #[track_caller]
    pub fn health(&self) -> Result<(), Failure> {
        Ok(self.instance().health(Arc::clone(&self.background))?)
    }

    /// The config in force, with its defaults.
    #[must_use]
    #[track_caller]
    pub fn config(&self) -> Value {
        let config = self.instance().config();
        serde_json::from_slice(config.as_ref()).expect("a config is JSON")
    }

    /// Calls `config_options` with the config in force.
    ///
    /// # Errors
    /// The error of the plugin; [not supported](Failure::is_not_supported) if it has no options.
    #[track_caller]
    pub fn config_options(&self) -> Result<ConfigOptions, Failure> {
        let config = self.instance().config();
        let options = self.class.config_options(config.as_ref(), Arc::clone(&self.background))?;
        Ok(serde_json::from_slice(options.as_ref()).expect("config options are JSON"))
    }

    /// Applies another config as the worker does: in place by
    /// [`on_reconfigure`](Plugin::on_reconfigure), or else with a new instance, as
    /// [`RELOAD`](Plugin::RELOAD) says.
    ///
    /// # Errors
    /// If the config is rejected; the previous one stays in force.
    ///
    /// # Panics
    /// If the config cannot be written as JSON, or if the instance was dropped and its config is
    /// rejected now.
    #[track_caller]
    pub fn reconfigure(&mut self, config: impl Serialize) -> Result<Reconfigured, Failure> {
        let config = unless_null(json(&config), "{}");
        let background = Arc::clone(&self.background);
        let instance = self.instance.as_mut().expect(HAS_INSTANCE);
        match instance.reconfigure(config.as_bytes(), background) {
            Ok(Reconfigured::InPlace) => {
                self.config = config;
                Ok(Reconfigured::InPlace)
            }
            Ok(Reconfigured::Rebuild) => {
                self.replace(config)?;
                Ok(Reconfigured::Rebuild)
            }
            Err(fault) => {
                let failure = Failure::from(fault);
                if failure.is_panic() {
                    self.restore();
                }
                Err(failure)
            }
        }
    }

    /// The log lines that plugin code wrote outside of runs, such as in `load` and `initialize`.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.background.log_lines()
    }

    /// Drops the plugin, which runs its cleanup.
    ///
    /// # Errors
    /// If the cleanup panics. A worker logs such a panic and goes on.
    pub fn close(self) -> Result<(), Failure> {
        CLEANUP_PANIC.take();
        drop(self);
        CLEANUP_PANIC.take().map_or(Ok(()), |fault| Err(fault.into()))
    }

    #[track_caller]
    fn replace(&mut self, config: String) -> Result<(), Failure> {
        let drop_first = self.class.info().reload == Reload::DropFirst;
        if drop_first {
            self.instance = None;
        }
        match self.create(&config) {
            Ok(instance) => {
                self.instance = Some(instance);
                self.config = config;
                Ok(())
            }
            Err(fault) => {
                if drop_first {
                    self.restore();
                }
                Err(fault.into())
            }
        }
    }

    /// Creates the instance again, from the config in force.
    #[track_caller]
    fn restore(&mut self) {
        self.instance = None;
        match self.create(&self.config) {
            Ok(instance) => self.instance = Some(instance),
            Err(fault) => panic!("the previous config is rejected now: {}", fault.message),
        }
    }

    fn create(&self, config: &str) -> Result<Instance, Fault> {
        self.class.create(config.as_bytes(), Arc::clone(&self.background))
    }

    #[track_caller]
    fn instance(&self) -> &Instance {
        self.instance.as_ref().expect(HAS_INSTANCE)
    }
}

/// Methods that take the instance put another one in its place, or panic.
const HAS_INSTANCE: &str = "there is an instance";

thread_local! {
    /// The last panic of a cleanup on this thread.
    static CLEANUP_PANIC: RefCell<Option<Fault>> = const { RefCell::new(None) };
}

fn record_cleanup_panic(fault: Fault) {
    log_cleanup_panic(fault.clone());
    let _ = CLEANUP_PANIC.try_with(|panic| panic.replace(Some(fault)));
}

impl<P: ?Sized> fmt::Debug for Harness<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("config", &self.config).finish_non_exhaustive()
    }
}
