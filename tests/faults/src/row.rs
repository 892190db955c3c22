//! One row of the table: a worker in some state, a fault, and what was promised.

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinHandle;
use universal_worker_host::Client;
use universal_worker_host::RunState;

use crate::host::Setting;
use crate::scene::End;
use crate::scene::Scene;
use crate::scene::until;

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) setting: Setting,
    pub(crate) options: &'static [&'static str],
    pub(crate) state: State,
    pub(crate) fault: Fault,
    pub(crate) promise: Promise,
}

/// What the worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It was started, and no more.
    Starts,
    Idle,
    /// Idle, with a handler for the end of the process that will hang.
    HasExitHandler,
    RunObeys,
    RunHangs,
    RunBurns,
    StreamsToStalledReader,
    /// Idle, but its cleanup will hang.
    CleanupHangs,
    Loads,
    /// Idle, with a child, a daemon in a session of its own, and both of those deaf to SIGTERM.
    HasChildren,
    /// A run hangs, with the same.
    RunHangsWithChildren,
    /// Idle, with the same, and the plugin takes all files that the process can open.
    TakesFilesAndHasChildren,
    /// Idle, with a daemon that starts others as fast as it can.
    HasBreeder,
    /// Idle, with a process that forks and ends, and so do its children.
    HasForkers,
    /// It may start no threads, and has none for its plugin; a run is refused.
    OutOfThreads,
    /// There is no room for another connection in the process.
    OutOfFiles,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    HostKilled,
    /// And nobody waits for it: it is a zombie.
    HostLeftAZombie,
    /// The host is stopped, which must not matter, and then killed.
    HostStoppedAndKilled,
    /// The worker is stopped, the host killed, and the worker continued.
    StoppedWhileHostIsKilled,
    /// The worker is stopped, the host killed, its pid given to another process, and the worker
    /// continued.
    HostReplaced,
    /// By a host that lives on.
    LeaseClosed,
    /// What the worker was started with is fault enough.
    Nothing,
    Terminated,
    TerminatedAndInterrupted,
    /// A signal that the plugin raises while it is initialised.
    CrashInInitialize(i32),
    /// The same in its cleanup, which SIGTERM makes happen.
    CrashInCleanup(i32),
    /// An operation of the plugin that ends the process, and the signal that it raises.
    Crash(&'static str, i32),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) end: End,
    pub(crate) within: Duration,
    /// How often the plugin is cleaned up; none where that is not promised.
    pub(crate) cleanups: Option<usize>,
}

/// What came of one time.
pub(crate) struct Outcome {
    pub(crate) took: Duration,
    pub(crate) end: End,
    pub(crate) cleanups: usize,
    pub(crate) left: usize,
}

/// A run that nobody reads the answer of.
type Busy = Option<JoinHandle<()>>;

impl Row {
    /// Makes the fault once.
    pub(crate) async fn once(&self, dist: &Path) -> Result<Outcome, Box<dyn Error>> {
        let class = if self.state == State::Loads { "SlowToLoad" } else { "Conformance" };
        let mut scene = Scene::begin(dist, self.setting, class, self.options)?;
        let busy = self.reach_state(&scene).await?;
        let begun = self.make_fault(&mut scene)?;
        scene.until_over()?;
        let took = begun.elapsed();
        if let Some(busy) = busy {
            busy.abort();
        }
        let cleanups = scene.lines_of("cleanups");
        let (end, left) = scene.conclude()?;
        Ok(Outcome { took, end, cleanups, left: left.len() })
    }

    async fn reach_state(&self, scene: &Scene) -> Result<Busy, Box<dyn Error>> {
        if self.state == State::Starts {
            return Ok(None);
        }
        if self.state == State::Loads {
            scene.until_thread("load").await?;
            return Ok(None);
        }
        scene.until_served().await?;
        if self.state == State::OutOfThreads {
            scene.limit_threads().await?;
            return match execute(scene.client(), "refused", &json!({})).await {
                Err(error) if error.to_string().contains("no thread") => Ok(None),
                other => Err(format!("a run without a thread: {other:?}").into()),
            };
        }
        let hangs = if self.state == State::CleanupHangs { 600.0 } else { 0.0 };
        let mut config = json!({"cleanup_log": scene.file("cleanups"), "cleanup_hangs": hangs});
        if let Fault::CrashInCleanup(signal) = self.fault {
            config["cleanup_raises"] = signal.into();
        }
        scene.client().initialize(&config).await?;
        match self.state {
            State::HasChildren | State::RunHangsWithChildren => {
                start_children(scene.client()).await?;
            }
            State::TakesFilesAndHasChildren => {
                start_children(scene.client()).await?;
                scene.limit_files()?;
                let taken = execute(scene.client(), "take", &json!({"op": "take_files"})).await?;
                if matches!(taken.as_u64(), None | Some(0)) {
                    return Err(format!("it took no files: {taken}").into());
                }
            }
            State::HasExitHandler => {
                execute(scene.client(), "exit", &json!({"op": "hang_at_exit"})).await?;
            }
            State::HasBreeder => {
                execute(scene.client(), "breed", &json!({"op": "breed", "n": 1_000})).await?;
                until(async || {
                    let stats = scene.client().stats().await;
                    stats.is_ok_and(|stats| {
                        stats["subtree_pids"].as_array().is_some_and(|pids| pids.len() > 10)
                    })
                })
                .await?;
            }
            State::HasForkers => {
                execute(scene.client(), "fork", &json!({"op": "fork_on", "n": 100_000})).await?;
            }
            _ => {}
        }
        if self.state == State::OutOfFiles {
            return take_all_files(scene).map(Some);
        }
        let run = match self.state {
            State::RunObeys => json!({"op": "sleep", "secs": 600.0}),
            State::RunHangs | State::RunHangsWithChildren => json!({"op": "hang", "secs": 600.0}),
            State::RunBurns => json!({"op": "spin", "secs": 600.0}),
            State::StreamsToStalledReader => {
                return stream_to_nobody(scene.client()).await.map(Some);
            }
            _ => return Ok(None),
        };
        let client = scene.client().clone();
        let busy = tokio::spawn(async move {
            // It ends with its worker.
            let _ = execute(&client, "busy", &run).await;
        });
        until(async || is_running(scene.client(), "busy").await).await?;
        Ok(Some(busy))
    }

    /// Returns when that from which it is measured was done.
    fn make_fault(&self, scene: &mut Scene) -> Result<Instant, Box<dyn Error>> {
        let mut begun = Instant::now();
        match self.fault {
            Fault::HostKilled => scene.kill_and_reap_host()?,
            Fault::HostLeftAZombie => scene.kill_host()?,
            Fault::HostStoppedAndKilled => {
                scene.signal_host(Signal::STOP)?;
                // Stopped is not gone.
                if scene.wait(Duration::from_millis(100))? {
                    return Err("it ended though its host was only stopped".into());
                }
                begun = Instant::now();
                scene.kill_host()?;
            }
            Fault::StoppedWhileHostIsKilled => {
                scene.signal(Signal::STOP)?;
                scene.kill_host()?;
                begun = Instant::now();
                scene.signal(Signal::CONT)?;
            }
            Fault::HostReplaced => {
                scene.signal(Signal::STOP)?;
                scene.replace_host()?;
                begun = Instant::now();
                scene.signal(Signal::CONT)?;
            }
            Fault::LeaseClosed => scene.close_lease(),
            Fault::Nothing => {}
            Fault::CrashInCleanup(_) | Fault::Terminated => scene.signal(Signal::TERM)?,
            Fault::TerminatedAndInterrupted => {
                scene.signal(Signal::TERM)?;
                // Two at once may be taken for one.
                scene.wait(Duration::from_millis(50))?;
                begun = Instant::now();
                scene.signal(Signal::INT)?;
            }
            Fault::CrashInInitialize(signal) => {
                let client = scene.client().clone();
                tokio::spawn(async move {
                    let _ = client.initialize(&json!({"initialize_raises": signal})).await;
                });
            }
            Fault::Crash(op, signal) => {
                let op = json!({"op": op, "signal": signal});
                let client = scene.client().clone();
                tokio::spawn(async move {
                    let _ = execute(&client, "crash", &op).await;
                });
            }
        }
        Ok(begun)
    }
}

async fn execute(client: &Client, id: &str, kwargs: &Value) -> Result<Value, Box<dyn Error>> {
    Ok(client.run().id(id).execute(&NO_ARGS, kwargs).await?)
}

/// A child, a daemon in a session of its own, and both of those deaf to SIGTERM.
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

/// Connections until the worker accepts none any more; they are held.
fn take_all_files(scene: &Scene) -> Result<JoinHandle<()>, Box<dyn Error>> {
    scene.limit_files()?;
    let mut held = Vec::new();
    while scene.has_room_for_files()? {
        held.push(scene.connect()?);
    }
    Ok(tokio::spawn(async move {
        let _held = held;
        std::future::pending().await
    }))
}

/// A stream that nobody reads, and whose producer waits.
async fn stream_to_nobody(client: &Client) -> Result<JoinHandle<()>, Box<dyn Error>> {
    // More than sockets hold: one line is on its way, the next one waits for it, and the third has
    // no room.
    let kwargs = json!({"n": 1_000, "pad": 32 << 20});
    let lines = client.run().id("busy").execute_stream(&NO_ARGS, &kwargs).await?;
    until(async || client.run_report("busy").await.is_ok_and(|run| run.account.lines == 2)).await?;
    Ok(tokio::spawn(async move {
        let _held = lines;
        std::future::pending().await
    }))
}

const NO_ARGS: [(); 0] = [];
