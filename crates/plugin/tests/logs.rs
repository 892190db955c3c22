//! Tests that the test kit captures records of `log` and `tracing`, in a program of its own because
//! capturing affects the whole program.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use universal_worker_plugin::testing::{Harness, capture_logs};
use universal_worker_plugin::{Context, Level, Plugin, PluginError, RawArgs};

struct Talkative;

impl Plugin for Talkative {
    type Config = serde_json::Map<String, serde_json::Value>;
    type Args = RawArgs;
    type Output = ();

    fn initialize(_config: Self::Config, _cx: &Context) -> Result<Self, PluginError> {
        log::info!(target: "t", "initialize");
        Ok(Self)
    }

    fn execute(&self, _args: RawArgs, cx: &Context) -> Result<(), PluginError> {
        log::trace!(target: "t", "by log");
        tracing::warn!(target: "t", answer = 42, "by tracing");
        cx.log(Level::Info, "t", "by the context");
        Ok(())
    }
}

#[test]
fn records_are_captured_after_capture_logs() {
    let by_context = (Level::Info, "t", "by the context");
    assert_eq!(Harness::<Talkative>::new(()).unwrap().call((), ()).log, [by_context]);
    capture_logs();
    capture_logs();
    log::error!("of no run");
    let talkative = Harness::<Talkative>::new(()).unwrap();
    assert_eq!(talkative.log(), [(Level::Info, "t", "initialize")]);
    let by_crates = [(Level::Trace, "t", "by log"), (Level::Warn, "t", "by tracing answer=42")];
    let run = talkative.call((), ());
    assert_eq!(run.log[..2], by_crates);
    assert_eq!(run.log[2], by_context);
}
