//! A plugin whose methods behave as its config says.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;
use std::{panic, thread};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::{
    ConfigOption, ConfigOptions, Context, Plugin, PluginError, Reconfigured, schemars,
};

pub(crate) struct Subject {
    config: Config,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Config {
    #[serde(default)]
    word: String,
    #[serde(default)]
    behavior: Behavior,
}

#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Behavior {
    #[default]
    Succeed,
    Fail,
    Panic,
    PanicWithBomb,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Args {
    times: usize,
}

/// A panic payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in the destructor of the payload");
    }
}

impl Behavior {
    fn apply<T>(self, value: T) -> Result<T, PluginError> {
        match self {
            Self::Succeed => Ok(value),
            Self::Fail => Err(PluginError::user_input("no").field("word", "is bad")),
            Self::Panic => panic!("as configured"),
            Self::PanicWithBomb => panic::panic_any(Bomb),
        }
    }
}

impl Plugin for Subject {
    type Config = Config;
    type Args = Args;
    type Output = String;

    fn initialize(config: Config, cx: &Context) -> Result<Self, PluginError> {
        cx.log(universal_worker_plugin::Level::Info, "subject", "created");
        match config.word.as_str() {
            "refused" => config.behavior.apply(Self { config: config.clone() }),
            _ => Ok(Self { config }),
        }
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<String, PluginError> {
        if cfg!(miri) {
            // abi_stable clones an RArc through a function pointer of another type, which Miri rejects.
            cx.status(0.5, "half");
        } else {
            let clone = cx.clone();
            thread::spawn(move || clone.status(0.5, "half")).join().unwrap();
        }
        cx.usage(&BTreeMap::from([("words", args.times)]))?;
        assert_eq!(cx.remaining(), Some(Duration::from_millis(1500)));
        self.config.behavior.apply(self.config.word.repeat(args.times))
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        for index in 0..args.times {
            cx.emit(&format!("{}{index}", self.config.word))?;
        }
        self.config.behavior.apply(())
    }

    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        cx.check_cancelled()?;
        self.config.behavior.apply(())
    }

    fn health(&self, _cx: &Context) -> Result<(), PluginError> {
        self.config.behavior.apply(())
    }

    fn config_options(config: Option<Config>, _cx: &Context) -> Result<ConfigOptions, PluginError> {
        let word = config.map(|config| config.word).unwrap_or_default();
        let field = [ConfigOption::new(word, "now")].into_iter().collect();
        Ok(ConfigOptions::from([("word".to_owned(), field)]))
    }

    fn on_reconfigure(
        &mut self,
        config: &Config,
        _cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        config.behavior.apply(())?;
        self.config = config.clone();
        Ok(Reconfigured::InPlace)
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        assert!(self.config.word != "explosive", "in the cleanup");
    }
}

/// A class whose arguments may be of an unsupported type.
pub(crate) struct WithArgs<A>(PhantomData<fn() -> A>);

/// Arguments whose default panics.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Panics {
    #[serde(default = "panics")]
    word: String,
}

fn panics() -> String {
    panic!("as configured")
}

impl<A: DeserializeOwned + JsonSchema + 'static> Plugin for WithArgs<A> {
    type Config = Config;
    type Args = A;
    type Output = ();

    fn initialize(_config: Config, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self(PhantomData))
    }

    fn execute(&self, _args: A, _cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}
