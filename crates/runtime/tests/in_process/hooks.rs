//! What a kind of plugin does at certain points of the worker's life.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io, thread};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, in_process, schemars};
use universal_worker_runtime::{
    Class, ClassSource, FirstLane, Hooks, LoadWatch, OpenError, PluginLabel, PluginThreadEvent,
    background_context,
};

use crate::{ANNOUNCEMENT, InProcess, announced, get, last_line, post, signal, start};

/// A source whose hooks write what they are called for to stderr.
pub(crate) struct Hooked {
    pub(crate) open: Open,
}

/// What the source opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Hello,
    /// A class whose runs ignore a cancel for a while.
    Stubborn,
    /// Never anything.
    Nothing,
}

struct Stubborn;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Nothing {}

impl Plugin for Stubborn {
    type Config = Nothing;
    type Args = Nothing;
    type Output = ();

    fn initialize(_: Nothing, _: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, _: Nothing, cx: &Context) -> Result<(), PluginError> {
        let _ = cx.sleep(Duration::from_secs(60));
        thread::sleep(Duration::from_millis(500));
        Ok(())
    }
}

struct Written;

fn write(text: &str) {
    let thread = thread::current();
    let line = format!("hook: {text} on {}\n", thread.name().unwrap_or_default());
    io::stderr().write_all(line.as_bytes()).unwrap();
}

impl ClassSource for Hooked {
    fn label(&self) -> PluginLabel {
        InProcess { class: "Hello" }.label()
    }

    fn hooks(&self) -> Arc<dyn Hooks> {
        write("hooks");
        Arc::new(Written)
    }

    fn open(self: Box<Self>, watch: &LoadWatch) -> Result<Class, OpenError> {
        write("open");
        if self.open == Open::Nothing {
            // Tells the test, in place of an announcement that never comes.
            fs::write(env::var_os(ANNOUNCEMENT).unwrap(), "{}").unwrap();
            loop {
                thread::park();
            }
        }
        match self.open {
            Open::Stubborn => Ok(in_process::<Stubborn>(background_context()).unwrap()),
            _ => Box::new(InProcess { class: "Hello" }).open(watch),
        }
    }
}

impl Hooks for Written {
    fn first_lane(&self) -> Option<FirstLane> {
        Some(Box::new(|work| {
            thread::Builder::new().name("home".to_owned()).spawn(work).unwrap();
        }))
    }

    fn on_plugin_thread(&self, event: &PluginThreadEvent<'_>) {
        write(&format!("{event:?}"));
    }

    fn stopping(&self) {
        write("stopping");
    }

    fn cleaned_up(&self) {
        write("cleaned_up");
    }

    fn abandoned(&self) {
        write("abandoned");
    }

    fn stack(&self, run_id: &str) -> Option<String> {
        Some(format!("first line of {run_id}\nsecond line"))
    }

    fn health(&self) -> Map<String, Value> {
        let members = [("of_hooks", "hooks"), ("of_both", "hooks")];
        members.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()
    }
}

/// The hooks that were called, in order.
fn hooks(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    text.lines().filter_map(|line| line.strip_prefix("hook: ")).map(str::to_owned).collect()
}

/// Executes this program again with the usual stop signals blocked.
pub(crate) fn exec_blocked() -> u8 {
    universal_worker_process::signals::block();
    let error = Command::new(env::current_exe().unwrap())
        .args(["--exact", "worker", "--nocapture"])
        .env(crate::ROLE, "stop-early")
        .exec();
    panic!("{error}");
}

#[test]
fn hooks_are_called_from_the_load_to_the_last_cleanup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let worker = start("hooked", &path);
    let ready = announced(&path);
    let answer = post(ready["url"].as_str().unwrap(), "/execute", "{\"args\":[\"you\"]}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    signal(&worker, Signal::TERM);
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut hooks = hooks(&output.stderr);
    let run = hooks.iter().position(|hook| hook.starts_with("RunStarted")).unwrap();
    assert!(hooks.remove(run).ends_with("on home"));
    let expected = [
        "hooks on worker",
        "open on load",
        "ThreadStarted on home",
        "Idle on home",
        "stopping on worker",
        "LifecycleStarted(\"cleanup\") on home",
        "cleaned_up on home",
    ];
    assert_eq!(hooks[..expected.len()], expected);
}

#[test]
fn a_stop_while_the_class_opens_is_reported_without_a_cleanup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loading");
    let worker = start("hooked-hangs", &path);
    let expected = ["hooks on worker", "open on load", "stopping on worker"];
    announced(&path);
    signal(&worker, Signal::TERM);
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(hooks(&output.stderr), expected);
}

#[test]
fn an_open_class_is_cleaned_up_even_if_its_config_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let output = start("hooked-rejected", &folder.path().join("none")).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let last = hooks(&output.stderr).into_iter().find(|hook| hook.starts_with("cleaned_up"));
    assert_eq!(last.as_deref(), Some("cleaned_up on cleaned-up"));
}

#[test]
fn a_signal_before_the_start_stops_the_worker_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let output = start("exec-blocked", &folder.path().join("none")).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(last_line(&output).ends_with("stopped: SIGTERM"), "{output:?}");
}

#[test]
fn threads_that_run_the_plugin_block_no_stop_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let worker = start("blocked", &path);
    let ready = announced(&path);
    post(ready["url"].as_str().unwrap(), "/execute", "{\"args\":[\"you\"]}");
    let lane = fs::read_dir(format!("/proc/{}/task", worker.id()))
        .unwrap()
        .map(|task| task.unwrap().path())
        .find(|task| fs::read_to_string(task.join("comm")).unwrap() == "lane-0\n")
        .unwrap();
    let status = fs::read_to_string(lane.join("status")).unwrap();
    let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap().trim();
    let blocked = u64::from_str_radix(blocked, 16).unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        assert_eq!(blocked & 1 << (signal.as_raw() - 1), 0, "{signal:?} {blocked:x}");
    }
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn health_has_the_members_of_hooks_and_config() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let worker = start("hooked", &path);
    let ready = announced(&path);
    let health = get(ready["url"].as_str().unwrap(), "/health");
    assert_eq!((&health["of_hooks"], &health["of_both"]), (&"hooks".into(), &"config".into()));
    signal(&worker, Signal::TERM);
    assert_eq!(worker.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn the_stack_of_a_wedged_run_is_logged_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let worker = start("stubborn", &path);
    let ready = announced(&path);
    let url = ready["url"].as_str().unwrap().to_owned();
    let run = {
        let url = url.clone();
        thread::spawn(move || post(&url, "/execute", "{}"))
    };
    let report = || get(&url, "/runs")["runs"][0].clone();
    while report()["state"] != "running" {
        thread::yield_now();
    }
    post(&url, "/cancel", "");
    while report()["stack"].is_null() {
        thread::yield_now();
    }
    let id = report()["id"].as_str().unwrap().to_owned();
    assert_eq!(report()["stack"], format!("first line of {id}\nsecond line"));
    run.join().unwrap();
    signal(&worker, Signal::TERM);
    let output = worker.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line = stderr.lines().find(|line| line.ends_with("second line")).expect(&stderr);
    assert!(line.contains("WARN") && line.contains(&id), "{line}");
}
