//! A class that does next to nothing, so that what it costs to call it can be measured; and that
//! measures from within what the context costs.

use std::hint::black_box;
use std::time::Instant;

use serde::Deserialize;
use serde::Serialize;
use universal_worker_plugin::Context;
use universal_worker_plugin::Level;
use universal_worker_plugin::Plugin;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::schemars;
use universal_worker_plugin::schemars::JsonSchema;

/// Does nothing, and echoes.
pub struct Meter;

/// No config.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct MeterConfig {}

/// Arguments of the kinds that there are.
#[derive(Deserialize, JsonSchema)]
pub struct MeterArgs {
    /// What is echoed; in a stream, the call that is measured.
    text: String,
    /// As `text`; in a stream, how often it is made.
    count: u32,
    /// As `text`.
    #[serde(default)]
    ratio: f64,
    /// As `text`.
    #[serde(default)]
    flags: Vec<bool>,
}

/// The arguments.
#[derive(Serialize, JsonSchema)]
pub struct MeterOutput {
    text: String,
    count: u32,
    ratio: f64,
    flags: Vec<bool>,
}

impl Plugin for Meter {
    type Config = MeterConfig;
    type Args = MeterArgs;
    type Output = MeterOutput;

    fn initialize(_config: MeterConfig, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: MeterArgs, _cx: &Context) -> Result<MeterOutput, PluginError> {
        let MeterArgs { text, count, ratio, flags } = args;
        Ok(MeterOutput { text, count, ratio, flags })
    }

    /// Emits the nanoseconds that one call took.
    fn execute_stream(&self, args: MeterArgs, cx: &Context) -> Result<(), PluginError> {
        let call: fn(&Context, f64) -> Result<(), PluginError> = match args.text.as_str() {
            "is_cancelled" => |cx, _| {
                black_box(cx.is_cancelled());
                Ok(())
            },
            "progress" => |cx, done| {
                cx.progress(done);
                Ok(())
            },
            "status" => |cx, done| {
                cx.status(done, "halfway through");
                Ok(())
            },
            "emit" => |cx, _| cx.emit(&1),
            "log_filtered" => |cx, _| {
                black_box(cx.log_enabled(Level::Trace, "meter"));
                Ok(())
            },
            other => return Err(PluginError::user_input(format!("unknown call '{other}'"))),
        };
        let begun = Instant::now();
        let count = f64::from(args.count.max(1));
        for done in 0..args.count {
            call(cx, f64::from(done) / count)?;
        }
        cx.emit(&(begun.elapsed().as_secs_f64() * 1e9 / count))
    }

    fn prefetch(&self, _cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}
