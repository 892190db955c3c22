//! A plugin that answers, fails, panics, streams, waits and is deaf.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use universal_worker_plugin::Context;
use universal_worker_plugin::Plugin;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::schemars;
use universal_worker_plugin::schemars::JsonSchema;

use super::LANES;
use super::LONG;

static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// It was run more often at once than it may, or dropped while it ran.
pub(super) static BROKEN: AtomicBool = AtomicBool::new(false);

/// What a stream emits before it acts, and how often.
pub(super) const LINES: u64 = 50;
const LINE: &str = "a line of a stream";
pub(super) const LINE_AS_JSON: &str = "\"a line of a stream\"";

/// Notices when it is run more often at once than it may, or while it is made.
pub(super) struct Restless;

#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Config {}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    act: Act,
    micros: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) enum Act {
    Answer,
    Fail,
    Panic,
    /// Takes its time, whatever it is told meanwhile.
    Deaf,
    /// Until it is told to stop.
    Wait,
}

/// That a run is at work; over even if it panics.
struct AtWork;

impl AtWork {
    fn begin() -> Self {
        if AT_WORK.fetch_add(1, Ordering::SeqCst) >= LANES {
            BROKEN.store(true, Ordering::SeqCst);
        }
        Self
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Plugin for Restless {
    type Config = Config;
    type Args = Args;
    type Output = bool;

    fn initialize(_: Config, _: &Context) -> Result<Self, PluginError> {
        // A run makes its instance itself where there is none; it is not at work before.
        no_run_is_at_work();
        Ok(Self)
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<bool, PluginError> {
        let _at_work = AtWork::begin();
        act(&args, cx)
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        let _at_work = AtWork::begin();
        for _ in 0..LINES {
            cx.emit(&LINE)?;
        }
        act(&args, cx).map(drop)
    }
}

impl Drop for Restless {
    fn drop(&mut self) {
        no_run_is_at_work();
    }
}

fn no_run_is_at_work() {
    if AT_WORK.load(Ordering::SeqCst) > 0 {
        BROKEN.store(true, Ordering::SeqCst);
    }
}

fn act(args: &Args, cx: &Context) -> Result<bool, PluginError> {
    match args.act {
        Act::Answer => Ok(cx.is_cancelled()),
        Act::Fail => Err(PluginError::new("it fails")),
        Act::Panic => panic!("it panics"),
        Act::Deaf => {
            thread::sleep(Duration::from_micros(args.micros));
            Ok(true)
        }
        Act::Wait => {
            assert!(cx.sleep(LONG), "nobody told it to stop");
            Err(PluginError::cancelled())
        }
    }
}
