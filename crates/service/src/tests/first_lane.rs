//! A first lane on a thread of the embedder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, schemars};

use crate::background::background_context;
use crate::engine::Bounds;
use crate::engine::kept::KeptBounds;
use crate::instance::plugin_thread::{PluginThreadEvent, ThreadListener};
use crate::own_thread::OwnThreads;
use crate::run::output::Reply;
use crate::runs::pending::PendingRun;
use crate::runs::shutdown::Stopped;
use crate::runs::{CallThreads, Listeners, RunRequest, Runs};

/// Reached only by a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// Names the thread of each run.
struct Threads;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Config {}

#[derive(Deserialize, JsonSchema)]
struct Args {
    /// The run ends only when it is cancelled.
    waits: bool,
    /// The run ignores its cancel until [`RELEASED`].
    #[serde(default)]
    lingers: bool,
}

static RELEASED: AtomicBool = AtomicBool::new(false);

impl Plugin for Threads {
    type Config = Config;
    type Args = Args;
    type Output = String;

    fn initialize(_: Config, _: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<String, PluginError> {
        if args.waits {
            let _ = cx.sleep(LONG);
        }
        while args.lingers && !RELEASED.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(format!("{:?}", thread::current().id()))
    }
}

type Seen = Arc<Mutex<Vec<(String, ThreadId)>>>;

/// The service, the thread of the first lane, the events on all threads, and the end of the first
/// lane's work.
struct Home {
    runs: Runs,
    thread: ThreadId,
    seen: Seen,
    ended: mpsc::Receiver<()>,
}

impl Home {
    fn new(cancel_grace: Duration) -> Self {
        let class = universal_worker_plugin::in_process::<Threads>(background_context()).unwrap();
        let (give, given) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let (end, ended) = mpsc::channel();
        let home = thread::spawn(move || {
            given.recv().unwrap()();
            end.send(()).unwrap();
        });
        let seen = Seen::default();
        let listeners = Listeners {
            plugin_thread: listener(&seen),
            first_lane: Some(Box::new(move |work| give.send(work).unwrap())),
            ..Listeners::default()
        };
        let bounds =
            Bounds { lanes: 3, queue: 16, cancel_grace, history: 64, kept: KeptBounds::default() };
        let runs = Runs::new(class, bounds, None, CallThreads::default(), listeners);
        Self { runs, thread: home.thread().id(), seen, ended }
    }

    fn start(&self, args: &str) -> PendingRun<crate::run::output::Answer> {
        let body = Bytes::from(format!("{{\"kwargs\":{args}}}"));
        self.runs.execute(RunRequest { body, ..RunRequest::default() }).unwrap()
    }

    /// The thread of a run that answers at once.
    fn thread_of_a_run(&self) -> String {
        let reply: Reply<_> = block_on(self.start("{\"waits\":false}").reply(|| false));
        serde_json::from_slice(reply.result.unwrap().as_ref()).unwrap()
    }

    fn until_running(&self, count: u64) {
        let started_at = Instant::now();
        while self.runs.counts().running != count {
            assert!(started_at.elapsed() < LONG, "the runs do not start");
            thread::yield_now();
        }
    }
}

fn listener(seen: &Seen) -> ThreadListener {
    let seen = Arc::clone(seen);
    ThreadListener::new(move |event: &PluginThreadEvent<'_>| {
        seen.lock().unwrap().push((format!("{event:?}"), thread::current().id()));
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn the_first_run_is_on_the_given_thread() {
    let home = Home::new(LONG);
    for _ in 0..50 {
        assert_eq!(home.thread_of_a_run(), format!("{:?}", home.thread));
    }
    let seen = home.seen.lock().unwrap();
    assert_eq!(seen[0], ("ThreadStarted".to_owned(), home.thread));
}

#[test]
fn lifecycle_changes_are_always_on_the_given_thread() {
    let home = Home::new(LONG);
    for _ in 0..20 {
        home.runs.initialize(Bytes::from("{}")).unwrap().blocking_result().unwrap().unwrap();
        let runs: Vec<_> = (0..5).map(|_| home.start("{\"waits\":false}")).collect();
        let cleanup = home.runs.clean_up().unwrap();
        drop(runs);
        cleanup.blocking_result().unwrap();
    }
    assert_eq!(home.runs.stop(LONG), Stopped::Clean);
    let seen = home.seen.lock().unwrap();
    let changes = seen.iter().filter(|(event, _)| event.starts_with("LifecycleStarted"));
    assert!(changes.clone().all(|(_, thread)| *thread == home.thread), "{seen:?}");
    assert_eq!(changes.count(), 41);
}

#[test]
fn runs_beside_a_busy_first_lane_are_on_other_threads() {
    let home = Home::new(LONG);
    let runs: Vec<_> = (0..3).map(|_| home.start("{\"waits\":true}")).collect();
    home.until_running(3);
    home.runs.cancel_all();
    drop(runs);
    assert_eq!(home.runs.stop(LONG), Stopped::Clean);
    let seen = home.seen.lock().unwrap();
    let threads = seen.iter().filter(|(event, _)| event.starts_with("RunStarted"));
    let mut threads: Vec<_> = threads.map(|(_, thread)| format!("{thread:?}")).collect();
    assert_eq!(threads[0], format!("{:?}", home.thread));
    threads.sort();
    threads.dedup();
    assert_eq!(threads.len(), 3, "{threads:?}");
}

#[test]
fn a_wedged_first_lane_does_not_block_runs_on_others() {
    let home = Home::new(Duration::ZERO);
    let wedged = home.start("{\"waits\":true,\"lingers\":true}");
    home.until_running(1);
    home.runs.cancel_all();
    let started_at = Instant::now();
    while home.runs.counts().wedged == 0 {
        assert!(started_at.elapsed() < LONG, "the run is never wedged");
    }
    for _ in 0..10 {
        assert_ne!(home.thread_of_a_run(), format!("{:?}", home.thread));
    }
    RELEASED.store(true, Ordering::SeqCst);
    drop(wedged);
    assert_eq!(home.runs.stop(LONG), Stopped::Clean);
}

#[test]
fn a_thread_without_plugin_code_has_no_plugin_events() {
    let class = universal_worker_plugin::in_process::<Threads>(background_context()).unwrap();
    let (seen, (report, own)) = (Seen::default(), mpsc::channel());
    let listeners = Listeners {
        plugin_thread: listener(&seen),
        own_threads: OwnThreads::new(move |work| {
            report.send(Some(thread::current().id())).unwrap();
            work();
            report.send(None).unwrap();
        }),
        ..Listeners::default()
    };
    let bounds =
        Bounds { lanes: 1, queue: 1, cancel_grace: LONG, history: 1, kept: KeptBounds::default() };
    let runs = Runs::new(class, bounds, None, CallThreads::default(), listeners);
    runs.initialize(Bytes::from("{}")).unwrap().blocking_result().unwrap().unwrap();
    let clock = own.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(runs.stop(LONG), Stopped::Clean);
    drop(runs);
    assert_eq!(own.recv_timeout(LONG).unwrap(), None);
    assert!(seen.lock().unwrap().iter().all(|(_, thread)| *thread != clock));
}

#[test]
fn the_thread_is_free_again_when_no_handle_is_left() {
    let home = Home::new(LONG);
    home.thread_of_a_run();
    drop(home.runs);
    home.ended.recv_timeout(LONG).unwrap();
    let last = home.seen.lock().unwrap().pop().unwrap();
    assert_eq!(last, ("ThreadEnded".to_owned(), home.thread));
}
