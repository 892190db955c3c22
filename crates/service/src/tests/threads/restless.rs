//! A plugin that answers, fails, panics, streams, waits and ignores cancels.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, schemars};

use super::{LANES, LONG};

static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// Too many runs were at work at once, or the instance was created or dropped during a run.
pub(super) static BROKEN: AtomicBool = AtomicBool::new(false);

/// How many lines a stream emits before it acts.
pub(super) const LINES: u64 = 50;
const LINE: &str = "a line of a stream";
pub(super) const LINE_AS_JSON: &str = "\"a line of a stream\"";

/// Checks how many runs are at work.
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
    /// Sleeps, and ignores a cancel.
    IgnoreCancel,
    /// Waits for a cancel.
    Wait,
}

/// Counts a run as at work until it is dropped, even by a panic.
struct AtWork;

impl AtWork {
    fn start() -> Self {
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
        // A run that creates the instance is not at work before.
        expect_no_run();
        Ok(Self)
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<bool, PluginError> {
        let _at_work = AtWork::start();
        act(&args, cx)
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        let _at_work = AtWork::start();
        for _ in 0..LINES {
            cx.emit(&LINE)?;
        }
        act(&args, cx).map(drop)
    }
}

impl Drop for Restless {
    fn drop(&mut self) {
        expect_no_run();
    }
}

fn expect_no_run() {
    if AT_WORK.load(Ordering::SeqCst) > 0 {
        BROKEN.store(true, Ordering::SeqCst);
    }
}

fn act(args: &Args, cx: &Context) -> Result<bool, PluginError> {
    match args.act {
        Act::Answer => Ok(cx.is_cancelled()),
        Act::Fail => Err(PluginError::new("it fails")),
        Act::Panic => panic!("it panics"),
        Act::IgnoreCancel => {
            thread::sleep(Duration::from_micros(args.micros));
            Ok(true)
        }
        Act::Wait => {
            assert!(cx.sleep(LONG).is_err(), "the run was not cancelled");
            Err(PluginError::cancelled())
        }
    }
}
