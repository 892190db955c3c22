//! A class for benchmarks: measures the cost of a call from outside, and the cost of context methods from
//! inside.

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Level, Plugin, PluginError, schemars};

/// Returns its arguments.
pub struct Meter;

/// The empty config.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct MeterConfig {}

/// Arguments of several types.
#[derive(Deserialize, JsonSchema)]
pub struct MeterArgs {
    /// Returned; in a stream, the context method to measure.
    text: String,
    /// Returned; in a stream, the number of calls.
    count: u32,
    /// Returned.
    #[serde(default)]
    ratio: f64,
    /// Returned.
    #[serde(default)]
    flags: Vec<bool>,
}

/// The arguments, returned.
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

    /// Emits the nanoseconds per call of a context method.
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
        let start = Instant::now();
        let count = f64::from(args.count.max(1));
        for done in 0..args.count {
            call(cx, f64::from(done) / count)?;
        }
        cx.emit(&(start.elapsed().as_secs_f64() * 1e9 / count))
    }

    fn prefetch(&self, _cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}
