//! A plugin for tests that misbehaves on command.
//!
//! `execute` runs the operation in the keyword `op`, and `execute_stream` emits numbered chunks;
//! `docs/conformance.md` lists operations, config keys and classes.
//! It covers the reference plugin of the original worker, and injects more faults.

#![allow(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stdout,
    missing_debug_implementations,
    reason = "misbehaves on command, and nobody prints its types"
)]

mod children;
mod config;
mod faults;
mod imp;
mod keywords;
mod kind;
mod meter;
mod offers;
mod ops;
mod reply;
mod stream;

use std::fs::OpenOptions;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use universal_worker_plugin::{
    Cancellation, ConfigOptions, Context, Plugin, PluginError, RawArgs, Reconfigured,
};

use crate::config::Config;
use crate::kind::{Kind, Offers};
pub use crate::meter::Meter;
pub use crate::meter::MeterArgs;
pub use crate::meter::MeterConfig;
pub use crate::meter::MeterOutput;
use crate::reply::Reply;

/// The classes, which differ only in their kind.
pub struct Faulty<K> {
    config: Config,
    /// The number of the instance in this process, from 1.
    number: u64,
    memory: Mutex<Vec<Vec<u8>>>,
    kind: PhantomData<fn() -> K>,
}

/// Loads, runs one call at a time, and can be cancelled.
pub type Conformance = Faulty<kind::Plain>;
/// Declares that it cannot be cancelled.
pub type NotCancellable = Faulty<kind::NotCancellable>;
/// Runs up to four calls at once.
pub type Parallel = Faulty<kind::Parallel>;
/// Implements all optional methods, and runs up to two calls at once.
pub type Equipped = Faulty<kind::Equipped>;
/// Takes three seconds to load.
pub type SlowToLoad = Faulty<kind::SlowToLoad>;
/// Fails to load with an error.
pub type RefusesToLoad = Faulty<kind::RefusesToLoad>;
/// Fails to load with a panic.
pub type PanicsOnLoad = Faulty<kind::PanicsOnLoad>;

impl<K: Kind> Plugin for Faulty<K> {
    type Config = Config;
    type Args = RawArgs;
    type Output = Reply;

    const NAME: Option<&'static str> = Some("conformance");
    const VERSION: Option<&'static str> = Some("1.2.3");
    const DESCRIPTION: &'static str = "Does everything wrong on command.";
    const CONCURRENCY: u32 = K::CONCURRENCY;
    const CANCELLATION: Cancellation = K::CANCELLATION;

    fn load(cx: &Context) -> Result<(), PluginError> {
        K::load(cx)
    }

    fn initialize(config: Config, cx: &Context) -> Result<Self, PluginError> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        config.check(cx)?;
        let number = MADE.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Self { config, number, memory: Mutex::default(), kind: PhantomData })
    }

    fn execute(&self, args: RawArgs, cx: &Context) -> Result<Reply, PluginError> {
        ops::execute(self.number, &self.memory, args, cx)
    }

    fn execute_stream(&self, args: RawArgs, cx: &Context) -> Result<(), PluginError> {
        stream::execute(&args, cx)
    }

    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        require_offers::<K>()?;
        self.config.offers().prefetch(cx)
    }

    fn health(&self, _cx: &Context) -> Result<(), PluginError> {
        require_offers::<K>()?;
        self.config.offers().health()
    }

    fn config_options(config: Option<Config>, _cx: &Context) -> Result<ConfigOptions, PluginError> {
        require_offers::<K>()?;
        let config = config.ok_or_else(|| PluginError::new("there is always a config"))?;
        Ok(config.offers().options(config.language()))
    }

    fn on_reconfigure(
        &mut self,
        config: &Config,
        _cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        if K::OFFERS == Offers::Nothing {
            return Ok(Reconfigured::Rebuild);
        }
        let outcome = config.offers().reconfigure()?;
        if outcome == Reconfigured::InPlace {
            self.config = config.clone();
        }
        Ok(outcome)
    }
}

fn require_offers<K: Kind>() -> Result<(), PluginError> {
    match K::OFFERS {
        Offers::Nothing => Err(PluginError::not_supported()),
        Offers::Everything => Ok(()),
    }
}

impl<K> Drop for Faulty<K> {
    fn drop(&mut self) {
        if let Some(signal) = self.config.cleanup_raises()
            && let Err(error) = imp::raise(signal)
        {
            log::error!("cannot raise {signal}: {error}");
        }
        let started = self.config.cleanup_spawns().map(|sleeper| sleeper.start());
        thread::sleep(self.config.cleanup_hangs());
        if let Some(path) = self.config.cleanup_log() {
            let line = match started {
                None => "cleanup\n".to_owned(),
                Some(pid) => format!("cleanup {}\n", pid.unwrap_or(0)),
            };
            let file = OpenOptions::new().create(true).append(true).open(path);
            let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
            if let Err(error) = written {
                log::error!("cannot write {}: {error}", path.display());
            }
        }
    }
}

#[cfg(feature = "export")]
universal_worker_plugin::export_plugins!(
    Conformance,
    NotCancellable,
    Parallel,
    Equipped,
    Meter,
    SlowToLoad,
    RefusesToLoad,
    PanicsOnLoad,
);
