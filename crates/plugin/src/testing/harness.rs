//! A class and an instance of it, in the test program.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use universal_worker_abi::Class;
use universal_worker_abi::ConfigOptions;
use universal_worker_abi::Fault;
use universal_worker_abi::Instance;
use universal_worker_abi::Rebuild;
use universal_worker_abi::Reconfigured;

use crate::export::in_process;
use crate::plugin::Plugin;
use crate::testing::failure::Failure;
use crate::testing::outcome::LogLine;
use crate::testing::outcome::Outcome;
use crate::testing::prepared::Prepared;
use crate::testing::prepared::json;
use crate::testing::prepared::unless_null;
use crate::testing::recorder::Recorder;

/// A plugin in the test program; see the [module](super).
///
/// Dropping it is the plugin's cleanup.
pub struct Harness<P> {
    class: Class,
    /// None after a config was refused for which the former instance had to go.
    instance: Option<Instance>,
    /// The config that the instance was made from.
    accepted: String,
    outside: Arc<Recorder>,
    plugin: PhantomData<fn() -> P>,
}

impl<P: Plugin> Harness<P> {
    /// Opens the class, by [`load`](Plugin::load), and makes an instance from a config: anything
    /// that is an object in JSON; `()` for an empty one.
    ///
    /// # Errors
    /// What `load` or [`initialize`](Plugin::initialize) refuse, or why the config does not fit.
    ///
    /// # Panics
    /// When the config cannot be written as JSON.
    #[track_caller]
    pub fn new(config: impl Serialize) -> Result<Self, Failure> {
        let accepted = unless_null(json(&config), "{}");
        let outside = Recorder::outside();
        let class = in_process::<P, _>(Arc::clone(&outside))?;
        let instance = Some(class.create(accepted.as_bytes(), Arc::clone(&outside))?);
        Ok(Self { class, instance, accepted, outside, plugin: PhantomData })
    }

    /// Calls [`execute`](Plugin::execute) with positional arguments and keywords; `()` for none.
    ///
    /// # Panics
    /// When they cannot be written as JSON.
    #[must_use]
    #[track_caller]
    pub fn call(&self, args: impl Serialize, kwargs: impl Serialize) -> Outcome {
        self.prepare().args(args).kwargs(kwargs).call()
    }

    /// Calls [`execute_stream`](Plugin::execute_stream) with positional arguments and keywords;
    /// `()` for none.
    ///
    /// # Panics
    /// When they cannot be written as JSON.
    #[must_use]
    #[track_caller]
    pub fn stream(&self, args: impl Serialize, kwargs: impl Serialize) -> Outcome {
        self.prepare().args(args).kwargs(kwargs).stream()
    }

    /// Calls [`prefetch`](Plugin::prefetch).
    #[must_use]
    #[track_caller]
    pub fn prefetch(&self) -> Outcome {
        self.prepare().prefetch()
    }

    /// Puts a call together that is cancelled on its way, or has a deadline.
    #[track_caller]
    pub fn prepare(&self) -> Prepared<'_> {
        Prepared::new(self.instance())
    }

    /// Calls [`health`](Plugin::health).
    ///
    /// # Errors
    /// Why the plugin cannot do its work; one that
    /// [is not supported](Failure::is_not_supported) where it does not look.
    #[track_caller]
    pub fn health(&self) -> Result<(), Failure> {
        Ok(self.instance().health(Arc::clone(&self.outside))?)
    }

    /// The config in force, with its defaults.
    #[must_use]
    #[track_caller]
    pub fn config(&self) -> Value {
        let config = self.instance().config();
        serde_json::from_slice(config.as_ref()).expect("the boundary wrote it as JSON")
    }

    /// Calls [`config_options`](Plugin::config_options) with the config in force.
    ///
    /// # Errors
    /// Why they cannot be told; one that [is not supported](Failure::is_not_supported) where the
    /// class offers none.
    #[track_caller]
    pub fn config_options(&self) -> Result<ConfigOptions, Failure> {
        let config = self.instance().config();
        let options = self.class.config_options(config.as_ref(), Arc::clone(&self.outside))?;
        Ok(serde_json::from_slice(options.as_ref()).expect("the boundary wrote it as JSON"))
    }

    /// Puts another config in force as the worker does: offered to
    /// [`on_reconfigure`](Plugin::on_reconfigure), and where that does not take it in place, by
    /// another instance, as [`REBUILD`](Plugin::REBUILD) says.
    ///
    /// # Errors
    /// Why the config is refused; the former one stays in force.
    ///
    /// # Panics
    /// When the config cannot be written as JSON, or the former one, which had to go, is refused
    /// as well.
    #[track_caller]
    pub fn reconfigure(&mut self, config: impl Serialize) -> Result<Reconfigured, Failure> {
        let config = unless_null(json(&config), "{}");
        let outside = Arc::clone(&self.outside);
        let instance = self.instance.as_mut().expect(THERE_IS_ONE);
        match instance.reconfigure(config.as_bytes(), outside) {
            Ok(Reconfigured::InPlace) => {
                self.accepted = config;
                Ok(Reconfigured::InPlace)
            }
            Ok(Reconfigured::BuildAnew) => {
                self.replace(config)?;
                Ok(Reconfigured::BuildAnew)
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

    /// The log lines of plugin code outside of runs, such as `load` and `initialize`.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.outside.log_lines()
    }

    /// Drops the plugin, and tells how that went.
    ///
    /// # Errors
    /// When its cleanup panicked, which a worker logs and survives.
    pub fn close(self) -> Result<(), Failure> {
        CLEANUP.take();
        drop(self);
        CLEANUP.take().map_or(Ok(()), |fault| Err(fault.into()))
    }

    #[track_caller]
    fn replace(&mut self, config: String) -> Result<(), Failure> {
        let drops_first = self.class.info().rebuild == Rebuild::DropFirst;
        if drops_first {
            self.instance = None;
        }
        match self.create(&config) {
            Ok(made) => {
                self.instance = Some(made);
                self.accepted = config;
                Ok(())
            }
            Err(fault) => {
                if drops_first {
                    self.restore();
                }
                Err(fault.into())
            }
        }
    }

    /// Makes the former instance again.
    #[track_caller]
    fn restore(&mut self) {
        self.instance = None;
        match self.create(&self.accepted) {
            Ok(made) => self.instance = Some(made),
            Err(fault) => panic!("the former config is refused now: {}", fault.message),
        }
    }

    fn create(&self, config: &str) -> Result<Instance, Fault> {
        self.class.create(config.as_bytes(), Arc::clone(&self.outside))
    }

    #[track_caller]
    fn instance(&self) -> &Instance {
        self.instance.as_ref().expect(THERE_IS_ONE)
    }
}

/// Whoever takes it away puts another in its place, or panics.
const THERE_IS_ONE: &str = "there is an instance";

thread_local! {
    /// What a cleanup on this thread panicked with.
    static CLEANUP: RefCell<Option<Fault>> = const { RefCell::new(None) };
}

/// The panic boundary says that a cleanup panicked.
pub(crate) fn cleanup_failed(fault: Fault) {
    let _ = CLEANUP.try_with(|cleanup| cleanup.replace(Some(fault)));
}

impl<P> fmt::Debug for Harness<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("config", &self.accepted).finish_non_exhaustive()
    }
}
