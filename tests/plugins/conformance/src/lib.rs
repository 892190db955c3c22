//! The plugin that the tests drive: it can do everything wrong on command.
//!
//! `execute` does what the keyword `op` names, `execute_stream` emits numbered chunks;
//! `docs/conformance.md` lists operations, config keys and classes.
//! It does in Rust what the reference plugin of the original worker does, and more, so that faults
//! can be injected from outside.

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
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;

use universal_worker_plugin::Cancel;
use universal_worker_plugin::ConfigOptions;
use universal_worker_plugin::Context;
use universal_worker_plugin::Plugin;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::RawArgs;
use universal_worker_plugin::Reconfigured;

use crate::config::Config;
use crate::kind::Kind;
use crate::kind::Offers;
pub use crate::meter::Meter;
pub use crate::meter::MeterArgs;
pub use crate::meter::MeterConfig;
pub use crate::meter::MeterOutput;
use crate::reply::Reply;

/// One of the classes; they differ in their kind alone.
pub struct Faulty<K> {
    config: Config,
    /// The how manieth instance of this process it is.
    number: u64,
    memory: Mutex<Vec<Vec<u8>>>,
    kind: PhantomData<fn() -> K>,
}

/// Loads, takes one run at a time, and can be cancelled.
pub type Conformance = Faulty<kind::Plain>;
/// Says that it cannot be cancelled.
pub type NotCancellable = Faulty<kind::NotCancellable>;
/// Takes four runs at once.
pub type Parallel = Faulty<kind::Parallel>;
/// Offers all that can be left out, and takes two runs at once.
pub type Equipped = Faulty<kind::Equipped>;
/// Takes three seconds to load.
pub type SlowToLoad = Faulty<kind::SlowToLoad>;
/// Returns an error when it is loaded.
pub type RefusesToLoad = Faulty<kind::RefusesToLoad>;
/// Panics when it is loaded.
pub type PanicsOnLoad = Faulty<kind::PanicsOnLoad>;

impl<K: Kind> Plugin for Faulty<K> {
    type Config = Config;
    type Args = RawArgs;
    type Output = Reply;

    const NAME: Option<&'static str> = Some("conformance");
    const VERSION: Option<&'static str> = Some("1.2.3");
    const DESCRIPTION: &'static str = "Does everything wrong on command.";
    const CONCURRENCY: u32 = K::CONCURRENCY;
    const CANCEL: Cancel = K::CANCEL;

    fn load(cx: &Context) -> Result<(), PluginError> {
        K::load(cx)
    }

    fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        config.check()?;
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
        offered::<K>()?;
        self.config.offers().prefetch(cx)
    }

    fn health(&self, _cx: &Context) -> Result<(), PluginError> {
        offered::<K>()?;
        self.config.offers().health()
    }

    fn config_options(config: Option<Config>, _cx: &Context) -> Result<ConfigOptions, PluginError> {
        offered::<K>()?;
        let config = config.ok_or_else(|| PluginError::new("there is always a config"))?;
        Ok(config.offers().options(config.language()))
    }

    fn on_reconfigure(
        &mut self,
        config: &Config,
        _cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        if K::OFFERS == Offers::Nothing {
            return Ok(Reconfigured::BuildAnew);
        }
        let becomes = config.offers().reconfigure()?;
        if becomes == Reconfigured::InPlace {
            self.config = config.clone();
        }
        Ok(becomes)
    }
}

fn offered<K: Kind>() -> Result<(), PluginError> {
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
