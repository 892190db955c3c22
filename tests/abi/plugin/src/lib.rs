//! A plugin for tests of the binary interface, from the plugin's side.
//!
//! It replies, waits for cancellation, streams, and returns the results of all context methods.

#[cfg(feature = "allocator")]
mod imp;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Level, Plugin, PluginError};

#[cfg(not(feature = "bare"))]
use universal_worker_plugin::ConfigOption;
#[cfg(not(feature = "bare"))]
use universal_worker_plugin::ConfigOptions;
#[cfg(not(feature = "bare"))]
use universal_worker_plugin::Reconfigured;
#[cfg(not(feature = "bare"))]
use universal_worker_plugin::Reload;

/// Does what its arguments say.
pub struct Probe {
    mark: String,
}

/// The prefix of its replies.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(crate = "universal_worker_plugin::schemars")]
pub struct Config {
    #[serde(default = "mark")]
    mark: String,
}

/// The operation and its input.
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "universal_worker_plugin::schemars")]
pub struct Args {
    op: Op,
    #[serde(default)]
    text: String,
    #[serde(default)]
    count: u32,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "universal_worker_plugin::schemars")]
#[serde(rename_all = "snake_case")]
enum Op {
    /// Returns the text.
    Echo,
    /// Fails with the text.
    Fail,
    /// Panics with the text.
    Panic,
    /// Returns when it is cancelled.
    Wait,
    /// Calls each method of the context.
    Context,
    /// Emits the text `count` times.
    Stream,
}

/// The result.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "universal_worker_plugin::schemars")]
#[serde(untagged)]
pub enum Reply {
    Text(String),
    Numbered { number: u32, text: String },
    Context(Answers),
}

/// The results of the context methods.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "universal_worker_plugin::schemars")]
pub struct Answers {
    cancelled: bool,
    woken: bool,
    remaining: Option<f64>,
    run_id: String,
    traceparent: Option<String>,
    counted: bool,
    errors_are_logged: bool,
    emitted_outside_of_a_stream: Option<String>,
    /// The result of a method of a later interface; `None` if the plugin is built against an earlier one.
    of_tomorrow: Option<u64>,
}

impl Plugin for Probe {
    type Config = Config;
    type Args = Args;
    type Output = Reply;

    #[cfg(not(feature = "bare"))]
    const NAME: Option<&'static str> = Some("probe");
    #[cfg(not(feature = "bare"))]
    const VERSION: Option<&'static str> = Some("9.8.7");
    #[cfg(not(feature = "bare"))]
    const DESCRIPTION: &'static str = "Looks at the interface from within.";
    #[cfg(not(feature = "bare"))]
    const CONCURRENCY: u32 = 3;
    #[cfg(not(feature = "bare"))]
    const RELOAD: Reload = Reload::DropFirst;

    fn load(cx: &Context) -> Result<(), PluginError> {
        cx.log(Level::Info, "probe", "a line before all runs");
        Ok(())
    }

    fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
        if config.mark.is_empty() {
            return Err(PluginError::user_input("mark: is empty"));
        }
        Ok(Self { mark: config.mark })
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<Reply, PluginError> {
        match args.op {
            Op::Echo => Ok(Reply::Text(format!("{} {}", self.mark, args.text))),
            Op::Fail => {
                let error = PluginError::transient(args.text).retriable(false);
                Err(error.retry_after_seconds(2.5).field("text", "is no good"))
            }
            Op::Panic => panic!("{}", args.text),
            Op::Wait => wait(cx),
            Op::Context => Ok(Reply::Context(context(cx))),
            Op::Stream => Err(PluginError::user_input("op: belongs to a stream")),
        }
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        for number in 0..args.count {
            cx.emit(&Reply::Numbered { number, text: args.text.clone() })?;
        }
        Ok(())
    }

    #[cfg(not(feature = "bare"))]
    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        cx.status(1.0, "fetched");
        Ok(())
    }

    #[cfg(not(feature = "bare"))]
    fn health(&self, _cx: &Context) -> Result<(), PluginError> {
        if self.mark == "ill" { Err(PluginError::new("is ill")) } else { Ok(()) }
    }

    #[cfg(not(feature = "bare"))]
    fn config_options(config: Option<Config>, _cx: &Context) -> Result<ConfigOptions, PluginError> {
        let mark = config.map_or_else(mark, |config| config.mark);
        let options = [ConfigOption::new(mark, "the one in force")].into_iter().collect();
        Ok([("mark".to_owned(), options)].into())
    }

    #[cfg(not(feature = "bare"))]
    fn on_reconfigure(
        &mut self,
        config: &Config,
        _cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        self.mark = format!("{} in place", config.mark);
        Ok(Reconfigured::InPlace)
    }
}

fn wait(cx: &Context) -> Result<Reply, PluginError> {
    cx.status(0.5, "waiting");
    cx.sleep(Duration::from_secs(600))?;
    Ok(Reply::Text("nobody cancelled".to_owned()))
}

fn context(cx: &Context) -> Answers {
    cx.progress(0.25);
    cx.status(0.75, "asking");
    cx.log(Level::Info, "probe", "a line of a run");
    let counted = cx.usage(&BTreeMap::from([("asked", 1)]));
    let emitted = cx.emit(&true);
    Answers {
        cancelled: cx.is_cancelled(),
        woken: cx.sleep(Duration::from_millis(1)).is_err(),
        remaining: cx.remaining().map(|left| left.as_secs_f64()),
        run_id: cx.run_id(),
        traceparent: cx.trace_context().map(|trace| trace.traceparent),
        counted: counted.is_ok(),
        errors_are_logged: cx.log_enabled(Level::Error, "probe"),
        emitted_outside_of_a_stream: emitted.err().map(|error| error.to_string()),
        of_tomorrow: of_tomorrow(cx),
    }
}

#[cfg(feature = "later")]
fn of_tomorrow(cx: &Context) -> Option<u64> {
    Some(cx.of_tomorrow())
}

#[cfg(not(feature = "later"))]
fn of_tomorrow(_cx: &Context) -> Option<u64> {
    None
}

fn mark() -> String {
    "echo".to_owned()
}

universal_worker_plugin::export_plugins!(Probe);
