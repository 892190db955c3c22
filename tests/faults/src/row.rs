//! One row of the table: a worker in some state, a fault, and the promised exit.

use std::error::Error;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use universal_worker_host::{Client, RunState};

use crate::fixture::{Exit, Fixture, wait_until};
use crate::host::Setting;

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) plugin: Plugin,
    pub(crate) setting: Setting,
    pub(crate) options: &'static [&'static str],
    pub(crate) state: State,
    pub(crate) fault: Fault,
    pub(crate) promise: Promise,
    /// The texts that the worker's output must contain; it is known with [`Setting::ToFile`].
    pub(crate) output: &'static [&'static str],
}

/// What the worker loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plugin {
    /// A class of the conformance plugin.
    Conformance(&'static str),
    Python,
    /// Its import sleeps.
    SlowPython,
    /// Its import keeps the interpreter lock.
    StuckPython,
    /// No plugin: `exec` runs a shell with this script, which makes the file [`READY`].
    Command(&'static str),
}

/// The file that a command makes in its folder.
pub(crate) const READY: &str = "ready";

/// The state of the worker before the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It was only started.
    Starts,
    /// The command that `exec` runs is ready.
    CommandRuns,
    /// It was started this number of milliseconds ago, or up to [`MOMENTS`] more.
    Starting(u64),
    Idle,
    /// Idle, with an exit handler that will hang.
    HasExitHandler,
    RunCooperates,
    RunHangs,
    RunUsesCpu,
    StreamsToStalledReader,
    /// Idle, but its cleanup will hang.
    CleanupHangs,
    Loads,
    /// Idle, with a child, a daemon in its own session, and one of each that ignores SIGTERM.
    HasChildren,
    /// A run hangs, with the same children.
    RunHangsWithChildren,
    /// Idle, with the same children, and the plugin has taken all file descriptors.
    TakesFilesAndHasChildren,
    /// Idle, with a daemon that keeps starting others.
    HasSpawner,
    /// Idle, with a process that forks and exits, as do its children.
    HasForkingChildren,
    /// It cannot start the thread for a run, which is refused.
    OutOfThreads,
    /// Connections have taken all file descriptors.
    OutOfFiles,
    /// Idle, after an operation of the Python class.
    Does(&'static str),
    /// An operation of the Python class is running.
    Runs(&'static str),
}

/// The milliseconds in which [`State::Starting`] is over.
const MOMENTS: u64 = 20;

/// What happens to the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    HostKilled,
    /// The host is killed, and stays a zombie.
    HostNotReaped,
    /// The host is stopped, which must have no effect, and then killed.
    HostStoppedAndKilled,
    /// The worker is stopped, the host killed, and the worker continued.
    StoppedWhileHostIsKilled,
    /// The worker is stopped, the host killed, its pid given to another process, and the worker
    /// continued.
    HostReplaced,
    /// The lease is closed by a running host.
    LeaseClosed,
    /// The arguments of the worker are the fault.
    Nothing,
    Terminated,
    TerminatedAndInterrupted,
    /// The plugin raises this signal in `initialize`.
    CrashInInitialize(i32),
    /// The plugin raises this signal in its cleanup, after SIGTERM.
    CrashInCleanup(i32),
    /// An operation of the plugin ends the process; with the signal for the operation `raise`.
    Crash(&'static str, i32),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) end: Exit,
    /// Another exit that is as good.
    pub(crate) or: Option<Exit>,
    pub(crate) within: Duration,
    pub(crate) cleanups: Cleanups,
}

/// The promised number of cleanups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleanups {
    Any,
    Exactly(usize),
    AtMost(usize),
}

/// The result of one fault.
pub(crate) struct Outcome {
    pub(crate) took: Duration,
    pub(crate) end: Exit,
    pub(crate) cleanups: usize,
    pub(crate) left: usize,
    /// A text that is missing in the output, or shared memory that is left.
    pub(crate) flaw: Option<String>,
}

/// A request in the background.
type Background = Option<JoinHandle<()>>;

impl Row {
    /// Causes the fault once.
    pub(crate) async fn run_once(&self, dist: &Path) -> Result<Outcome, Box<dyn Error>> {
        let mut fixture = Fixture::start(dist, self.setting, self.plugin, self.options)?;
        let background = self.enter_state(&fixture).await?;
        let started = self.cause_fault(&mut fixture)?;
        fixture.wait_for_end()?;
        let took = started.elapsed();
        if let Some(background) = background {
            background.abort();
        }
        let cleanups = fixture.count_lines("cleanups");
        let flaw = self.flaw(&fixture);
        let (end, left) = fixture.finish()?;
        Ok(Outcome { took, end, cleanups, left: left.len(), flaw })
    }

    fn flaw(&self, fixture: &Fixture) -> Option<String> {
        let output = fixture.read("output");
        let missing = self.output.iter().find(|text| !output.contains(**text));
        if let Some(text) = missing {
            return Some(format!("no '{text}' in the output:\n{output}"));
        }
        let shared = fixture.read("shared");
        let left = shared.lines().find(|file| Path::new(file).exists())?;
        // Does not disturb the next one.
        let _ = fs::remove_file(left);
        Some(format!("{left} is left"))
    }

    /// Waits in a state before the worker serves; false in other states.
    async fn wait_for_start(&self, fixture: &Fixture) -> Result<bool, Box<dyn Error>> {
        match (self.state, self.plugin) {
            (State::Starts, _) => {}
            (State::CommandRuns, _) => wait_until(async || fixture.file(READY).exists()).await?,
            (State::Starting(milliseconds), _) => {
                let moment = Duration::from_millis(milliseconds + random() % MOMENTS);
                tokio::time::sleep(moment).await;
            }
            (State::Loads, Plugin::Conformance(_)) => fixture.wait_for_thread("load").await?,
            (State::Loads, _) => wait_until(async || fixture.file("importing").exists()).await?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn enter_state(&self, fixture: &Fixture) -> Result<Background, Box<dyn Error>> {
        if self.wait_for_start(fixture).await? {
            return Ok(None);
        }
        fixture.wait_until_served().await?;
        if self.state == State::OutOfThreads {
            fixture.limit_threads().await?;
            return match execute(fixture.client(), "refused", &json!({})).await {
                Err(error) if error.to_string().contains("cannot start a thread") => Ok(None),
                other => Err(format!("a run without a thread: {other:?}").into()),
            };
        }
        let hangs = if self.state == State::CleanupHangs { 600.0 } else { 0.0 };
        let mut config = json!({"cleanup_log": fixture.file("cleanups"), "cleanup_hangs": hangs});
        if let Fault::CrashInCleanup(signal) = self.fault {
            config["cleanup_raises"] = signal.into();
        }
        fixture.client().initialize(&config).await?;
        match self.state {
            State::HasChildren | State::RunHangsWithChildren => {
                start_children(fixture.client()).await?;
            }
            State::TakesFilesAndHasChildren => {
                start_children(fixture.client()).await?;
                fixture.limit_files()?;
                let taken = execute(fixture.client(), "take", &json!({"op": "take_files"})).await?;
                if matches!(taken.as_u64(), None | Some(0)) {
                    return Err(format!("the plugin took no files: {taken}").into());
                }
            }
            State::HasExitHandler => {
                execute(fixture.client(), "exit", &json!({"op": "hang_at_exit"})).await?;
            }
            State::HasSpawner => {
                execute(fixture.client(), "breed", &json!({"op": "breed", "n": 1_000})).await?;
                wait_until(async || {
                    let stats = fixture.client().stats().await;
                    stats.is_ok_and(|stats| stats.subtree_pids.len() > 10)
                })
                .await?;
            }
            State::HasForkingChildren => {
                execute(fixture.client(), "fork", &json!({"op": "fork_on", "n": 100_000})).await?;
            }
            State::Does(op) => {
                execute(fixture.client(), op, &json!({ "op": op })).await?;
            }
            _ => {}
        }
        if self.state == State::OutOfFiles {
            return take_all_files(fixture).map(Some);
        }
        let run = match self.state {
            State::RunCooperates => json!({"op": "sleep", "secs": 600.0}),
            State::RunHangs | State::RunHangsWithChildren => json!({"op": "hang", "secs": 600.0}),
            State::RunUsesCpu => json!({"op": "spin", "secs": 600.0}),
            State::StreamsToStalledReader => {
                return start_unread_stream(fixture.client()).await.map(Some);
            }
            State::Runs(op) => json!({ "op": op }),
            _ => return Ok(None),
        };
        let client = fixture.client().clone();
        let background = tokio::spawn(async move {
            // The request ends with its worker.
            let _ = execute(&client, "busy", &run).await;
        });
        wait_until(async || is_running(fixture.client(), "busy").await).await?;
        if let State::Runs(_) = self.state {
            // The run is in the operation.
            tokio::time::sleep(ENTER).await;
        }
        Ok(Some(background))
    }

    /// Causes the fault, and returns the time from which the exit is measured.
    fn cause_fault(&self, fixture: &mut Fixture) -> Result<Instant, Box<dyn Error>> {
        let mut started = Instant::now();
        match self.fault {
            Fault::HostKilled => fixture.kill_and_reap_host()?,
            Fault::HostNotReaped => fixture.kill_host()?,
            Fault::HostStoppedAndKilled => {
                fixture.signal_host(Signal::STOP)?;
                // The worker must not take a stopped host for one that has ended.
                if fixture.wait(Duration::from_millis(100))? {
                    return Err("the worker ended though its host was only stopped".into());
                }
                started = Instant::now();
                fixture.kill_host()?;
            }
            Fault::StoppedWhileHostIsKilled => {
                fixture.signal(Signal::STOP)?;
                fixture.kill_host()?;
                started = Instant::now();
                fixture.signal(Signal::CONT)?;
            }
            Fault::HostReplaced => {
                fixture.signal(Signal::STOP)?;
                fixture.replace_host()?;
                started = Instant::now();
                fixture.signal(Signal::CONT)?;
            }
            Fault::LeaseClosed => fixture.close_lease(),
            Fault::Nothing => {}
            Fault::CrashInCleanup(_) | Fault::Terminated => fixture.signal(Signal::TERM)?,
            Fault::TerminatedAndInterrupted => {
                fixture.signal(Signal::TERM)?;
                // Two signals at once may be merged.
                fixture.wait(Duration::from_millis(50))?;
                started = Instant::now();
                fixture.signal(Signal::INT)?;
            }
            Fault::CrashInInitialize(signal) => {
                let client = fixture.client().clone();
                tokio::spawn(async move {
                    let _ = client.initialize(&json!({"initialize_raises": signal})).await;
                });
            }
            Fault::Crash(op, signal) => {
                let op = json!({"op": op, "signal": signal});
                let client = fixture.client().clone();
                tokio::spawn(async move {
                    let _ = execute(&client, "crash", &op).await;
                });
            }
        }
        Ok(started)
    }
}

/// How long a Python class may take to begin an operation.
const ENTER: Duration = Duration::from_millis(30);

/// A random number.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

async fn execute(client: &Client, id: &str, kwargs: &Value) -> Result<Value, Box<dyn Error>> {
    Ok(client.run().id(id).execute(&NO_ARGS, kwargs).await?)
}

/// Starts a child, a daemon in its own session, and one of each that ignores SIGTERM.
async fn start_children(client: &Client) -> Result<(), Box<dyn Error>> {
    for (daemon, deaf) in [(false, false), (true, false), (false, true), (true, true)] {
        let spawn = json!({"op": "spawn", "secs": 600.0, "detach": daemon, "orphan": daemon,
            "deaf": deaf});
        execute(client, "spawn", &spawn).await?;
    }
    Ok(())
}

async fn is_running(client: &Client, id: &str) -> bool {
    client.run_report(id).await.is_ok_and(|run| run.state == RunState::Running)
}

/// Opens and holds connections until the worker cannot accept any more.
fn take_all_files(fixture: &Fixture) -> Result<JoinHandle<()>, Box<dyn Error>> {
    fixture.limit_files()?;
    let mut held = Vec::new();
    while fixture.has_free_files()? {
        held.push(fixture.connect()?);
    }
    Ok(tokio::spawn(async move {
        let _held = held;
        std::future::pending::<()>().await;
    }))
}

/// Starts a stream without reading it, and waits until its producer waits.
async fn start_unread_stream(client: &Client) -> Result<JoinHandle<()>, Box<dyn Error>> {
    // Each line is larger than the buffers of the socket: one is being sent, the next is queued, and
    // the producer waits with the third.
    let kwargs = json!({"n": 1_000, "pad": 32 << 20});
    let lines = client.run().id("busy").execute_stream(&NO_ARGS, &kwargs).await?;
    wait_until(async || client.run_report("busy").await.is_ok_and(|run| run.account.lines == 2))
        .await?;
    Ok(tokio::spawn(async move {
        let _held = lines;
        std::future::pending::<()>().await;
    }))
}

const NO_ARGS: [(); 0] = [];
