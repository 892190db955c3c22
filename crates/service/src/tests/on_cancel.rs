//! Callbacks of the plugin for cancelled runs.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, schemars};

use crate::background::background_context;
use crate::engine::Bounds;
use crate::engine::kept::KeptBounds;
use crate::runs::shutdown::Stopped;
use crate::runs::{CallThreads, Listeners, RunRequest, Runs};

/// Reached only by a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// What the callbacks saw: the id of the run, and the reason with the name of the thread.
static SEEN: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());
/// The context of the run `kept`, after it has ended.
static KEPT: Mutex<Option<Context>> = Mutex::new(None);

struct Told;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Config {}

#[derive(Deserialize, JsonSchema)]
struct Args {
    act: Act,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum Act {
    /// Returns when it is told.
    Wait,
    /// Registers only after the cancel.
    RegisterLate,
    /// Returns at once.
    Return,
    /// Panics when it is told, and is told a second time.
    Panic,
}

/// Tells of its drop.
struct Dropped(String);

impl Drop for Dropped {
    fn drop(&mut self) {
        see(&self.0, "dropped".to_owned());
    }
}

fn see(id: &str, what: String) {
    SEEN.lock().unwrap().push((id.to_owned(), what));
}

fn seen(id: &str) -> Vec<String> {
    let seen = SEEN.lock().unwrap();
    seen.iter().filter(|(its, _)| its == id).map(|(_, what)| what.clone()).collect()
}

fn register(cx: &Context, told: mpsc::Sender<()>) {
    let dropped = Dropped(cx.run_id());
    cx.on_cancel(move |reason| {
        let thread = thread::current().name().unwrap_or_default().to_owned();
        see(&dropped.0, format!("{reason:?} on {thread}"));
        told.send(()).unwrap();
    });
}

impl Plugin for Told {
    type Config = Config;
    type Args = Args;
    type Output = bool;

    fn initialize(_: Config, _: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<bool, PluginError> {
        let (sender, told) = mpsc::channel();
        match args.act {
            Act::Return => {
                register(cx, sender);
                *KEPT.lock().unwrap() = Some(cx.clone());
                return Ok(true);
            }
            Act::RegisterLate => {
                let _ = cx.sleep(LONG);
            }
            Act::Panic => cx.on_cancel(|_| panic!("in a callback")),
            Act::Wait => {}
        }
        register(cx, sender);
        told.recv_timeout(LONG).unwrap();
        Err(PluginError::cancelled())
    }
}

fn told() -> Runs {
    let class = universal_worker_plugin::in_process::<Told>(background_context()).unwrap();
    let bounds =
        Bounds { lanes: 2, queue: 4, cancel_grace: LONG, history: 64, kept: KeptBounds::default() };
    Runs::new(class, bounds, None, CallThreads::default(), Listeners::default())
}

fn request(id: &str, act: Act, timeout: Option<Duration>) -> RunRequest {
    let body = serde_json::json!({ "kwargs": { "act": act } }).to_string().into();
    RunRequest { body, id: Some(id.to_owned()), timeout, ..RunRequest::default() }
}

fn until(holds: impl Fn() -> bool) {
    let started_at = Instant::now();
    while !holds() {
        assert!(started_at.elapsed() < LONG, "the condition never holds");
        thread::yield_now();
    }
}

#[test]
fn a_callback_is_called_once_with_the_reason() {
    let runs = told();
    for (id, act) in [("cancelled", Act::Wait), ("late", Act::RegisterLate)] {
        let pending = runs.execute(request(id, act, None)).unwrap();
        until(|| runs.counts().running == 1);
        runs.cancel(id);
        runs.cancel_all();
        drop(pending);
        until(|| runs.counts().running == 0);
    }
    let panics = runs.execute(request("panics", Act::Panic, None)).unwrap();
    until(|| runs.counts().running == 1);
    assert_eq!(runs.stop(LONG), Stopped::Clean);
    drop(panics);
    for (id, reason) in [("cancelled", "Cancel"), ("late", "Cancel"), ("panics", "Shutdown")] {
        let expected = [format!("{reason} on cancel-callbacks"), "dropped".to_owned()];
        assert_eq!(seen(id), expected, "{id}");
    }
}

#[test]
fn a_deadline_and_a_disconnect_are_reasons() {
    let runs = told();
    let soon = Some(Duration::from_millis(20));
    let timed_out = runs.execute(request("deadline", Act::Wait, soon)).unwrap();
    until(|| seen("deadline").len() == 2);
    drop(timed_out);
    let gone = runs.execute(request("gone", Act::Wait, None)).unwrap();
    until(|| runs.counts().running == 1);
    drop(gone);
    until(|| seen("gone").len() == 2);
    assert_eq!(seen("deadline")[0], "Deadline on cancel-callbacks");
    assert_eq!(seen("gone")[0], "ClientGone on cancel-callbacks");
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}

#[test]
fn the_end_of_a_run_drops_its_callbacks() {
    let runs = told();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runs.execute(request("ended", Act::Return, None)).unwrap();
    runtime.block_on(ended.reply(|| false)).result.unwrap();
    assert_eq!(seen("ended"), ["dropped"]);
    let kept = KEPT.lock().unwrap().take().unwrap();
    register(&kept, mpsc::channel().0);
    assert_eq!(seen("ended"), ["dropped", "dropped"]);
    assert_eq!(runs.stop(LONG), Stopped::Clean);
}
