//! A plugin that does what its arguments say.

use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{
    ConfigOption, ConfigOptions, Context, Level, Plugin, PluginError, Reconfigured, schemars,
};

pub(crate) struct Subject {
    config: Config,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) model: String,
    pub(crate) level: u8,
    pub(crate) panics_in_cleanup: bool,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Args {
    what: String,
    #[serde(default)]
    times: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { model: "small".to_owned(), level: 0, panics_in_cleanup: false }
    }
}

impl Plugin for Subject {
    type Config = Config;
    type Args = Args;
    type Output = Value;

    fn initialize(config: Config, cx: &Context) -> Result<Self, PluginError> {
        cx.log(Level::Info, "subject", &format!("initialize {}", config.model));
        match config.model.as_str() {
            "none" => Err(PluginError::resource("no model")
                .field("model", "does not exist")
                .retriable(true)),
            "panic" => panic!("no such model"),
            _ => Ok(Self { config }),
        }
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<Value, PluginError> {
        match args.what.as_str() {
            "panic" => panic!("boom {}", args.times),
            "emit" => cx.emit(&1)?,
            "trace" => {
                return Ok(json!(cx.trace_context().map(|it| (it.traceparent, it.tracestate))));
            }
            "sleep" => {
                let stopped = cx.sleep(Duration::from_secs(60)).is_err();
                return Ok(json!({ "stopped": stopped, "left": cx.remaining().is_some() }));
            }
            "on_cancel" => {
                let (sender, reason) = mpsc::channel();
                cx.on_cancel(move |reason| sender.send(reason).unwrap());
                return Ok(json!(format!("{:?}", reason.recv())));
            }
            "on_cancel_unused" => {
                cx.on_cancel(|_| panic!("the run was not cancelled"));
                return Ok(json!("ended"));
            }
            "response_header" => cx.response_header("X-Accounts", "[1]")?,
            "remaining" => return Ok(json!(cx.remaining().map(|left| left.as_secs_f64()))),
            _ => {}
        }
        for time in 1..=args.times {
            cx.check_cancelled()?;
            cx.progress(f64::from(time) / f64::from(args.times));
        }
        Ok(json!([self.config.model, args.what]))
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        for time in 1..=args.times {
            cx.emit(&json!({ "time": time }))?;
            cx.status(f64::from(time) / f64::from(args.times), &format!("{} {time}", args.what));
            cx.usage(&json!({ "last": time, args.what.clone(): 1 }))?;
            cx.log(Level::Debug, "subject", "emitted");
        }
        Ok(())
    }

    fn prefetch(&self, cx: &Context) -> Result<(), PluginError> {
        cx.status(0.5, "fetching");
        cx.check_cancelled()
    }

    fn health(&self, cx: &Context) -> Result<(), PluginError> {
        cx.log(Level::Warn, "subject", "checked");
        Err(PluginError::transient("the device sleeps").retry_after_seconds(2.0))
    }

    fn config_options(config: Option<Config>, _cx: &Context) -> Result<ConfigOptions, PluginError> {
        let option = ConfigOption::new(config.map(|config| config.model), "in force");
        Ok(ConfigOptions::from([("model".to_owned(), [option].into_iter().collect())]))
    }

    fn on_reconfigure(
        &mut self,
        config: &Config,
        _cx: &Context,
    ) -> Result<Reconfigured, PluginError> {
        if config.model != self.config.model {
            return Ok(Reconfigured::Rebuild);
        }
        match config.level {
            9 => Err(PluginError::user_input("too high").field("level", "is above 8")),
            10 => panic!("at level 10"),
            _ => {
                self.config = config.clone();
                Ok(Reconfigured::InPlace)
            }
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        assert!(!self.config.panics_in_cleanup, "in the cleanup");
    }
}
