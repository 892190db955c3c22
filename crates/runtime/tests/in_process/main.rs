//! A front end with a class of the same program: the runtime depends neither on libraries nor on
//! the process's first thread.
//!
//! The test program starts itself again as the worker, on a thread of libtest.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which a failed step fails")]

mod hooks;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use hello::Hello;
use hooks::{Hooked, Open};
use rustix::process::{Pid, Signal};
use serde_json::Value;
use universal_worker_plugin::in_process;
use universal_worker_process::{exit, signals};
use universal_worker_runtime as runtime;
use universal_worker_runtime::{
    AnnounceTo, Class, ClassSource, Config, InspectRequest, JsonContent, JsonInput, LoadWatch,
    OpenError, Orphans, PluginLabel, ReportFormat, background_context,
};

/// The variable that selects what the worker does.
const ROLE: &str = "IN_PROCESS_ROLE";
const ANNOUNCEMENT: &str = "IN_PROCESS_ANNOUNCEMENT";

struct InProcess {
    class: &'static str,
}

impl ClassSource for InProcess {
    fn label(&self) -> PluginLabel {
        PluginLabel { module: "hello".to_owned(), class: Some(self.class.to_owned()) }
    }

    fn open(self: Box<Self>, _watch: &LoadWatch) -> Result<Class, OpenError> {
        let error =
            |message: String| OpenError { message, hint: "use Hello".to_owned(), detail: None };
        if self.class != "Hello" {
            return Err(error(format!("this program has no class '{}'", self.class)));
        }
        let class = in_process::<Hello>(background_context());
        class.map_err(|fault| error(fault.message))
    }
}

/// Not a test, but the worker that the tests start.
#[test]
fn worker() {
    let Ok(role) = env::var(ROLE) else { return };
    if role != "stop-early" {
        signals::reset();
    }
    let code = match role.as_str() {
        "serve" => runtime::run(&config(), InProcess { class: "Hello" }),
        "hooked" => {
            let mut config = config();
            config.health_extra.insert("of_both".to_owned(), "config".into());
            runtime::run(&config, Hooked { open: Open::Hello })
        }
        "stubborn" => {
            let mut config = config();
            config.limits.cancel_grace = Duration::from_millis(10);
            runtime::run(&config, Hooked { open: Open::Stubborn })
        }
        "hooked-hangs" => runtime::run(&config(), Hooked { open: Open::Nothing }),
        "hooked-rejected" => {
            let mut config = config();
            let content = JsonContent::Text("[]".to_owned());
            config.plugin_config = Some(JsonInput { option: "config".to_owned(), content });
            runtime::run(&config, Hooked { open: Open::Hello })
        }
        "exec-blocked" => hooks::exec_blocked(),
        "stop-early" => {
            let pid = rustix::process::getpid();
            rustix::process::kill_process(pid, Signal::TERM).unwrap();
            runtime::run(&config(), InProcess { class: "Hello" })
        }
        "blocked" => {
            signals::block();
            runtime::run(&config(), InProcess { class: "Hello" })
        }
        "wrong-class" => runtime::run(&config(), InProcess { class: "Whisper" }),
        "inspect" => {
            let content = JsonContent::Text("{\"args\":[\"you\"]}".to_owned());
            let call = Some(JsonInput { option: "call".to_owned(), content });
            let format = ReportFormat::Json;
            let load_timeout = Duration::from_secs(60);
            let request =
                InspectRequest { load_timeout, format, call, ..InspectRequest::default() };
            runtime::inspect(&request, InProcess { class: "Hello" })
        }
        other => panic!("{other}"),
    };
    exit::now(code)
}

fn config() -> Config {
    let mut config = Config::default();
    config.announce = AnnounceTo::File(env::var_os(ANNOUNCEMENT).unwrap().into());
    config.orphans = Orphans::Leave;
    config
}

fn start(role: &str, announcement: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "worker", "--nocapture"])
        .env(ROLE, role)
        .env(ANNOUNCEMENT, announcement)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn announced(path: &Path) -> Value {
    let start = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(path)
            && !text.is_empty()
        {
            return serde_json::from_str(&text).unwrap();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no announcement");
        thread::yield_now();
    }
}

fn post(url: &str, path: &str, body: &str) -> String {
    request(url, "POST", path, body)
}

fn get(url: &str, path: &str) -> Value {
    let answer = request(url, "GET", path, "");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn request(url: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn signal(worker: &Child, signal: Signal) {
    let pid = Pid::from_raw(worker.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

fn last_line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_class_of_this_program_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let worker = start("serve", &path);
    let ready = announced(&path);
    assert_eq!((&ready["event"], &ready["class"]), (&"ready".into(), &"Hello".into()));
    let answer = post(ready["url"].as_str().unwrap(), "/execute", "{\"args\":[\"you\"]}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("\"Hello, you!\""), "{answer}");
    signal(&worker, Signal::TERM);
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(last_line(&output).ends_with("stopped: SIGTERM"), "{output:?}");
}

#[test]
fn an_error_of_the_source_is_a_load_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("announcement");
    let output = start("wrong-class", &path).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let line =
        "FATAL: Failed to load hello:Whisper - this program has no class 'Whisper' (use Hello)";
    assert_eq!(last_line(&output), line);
    let failed = announced(&path);
    assert_eq!((&failed["stage"], &failed["hint"]), (&"load".into(), &"use Hello".into()));
}

#[test]
fn a_class_of_this_program_is_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let output = start("inspect", &folder.path().join("none")).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let report = stdout.lines().find(|line| line.starts_with('{')).unwrap();
    let report: Value = serde_json::from_str(report).unwrap();
    assert_eq!(report["classes"][0]["class"], "Hello");
    assert_eq!(report["run"]["result"], "Hello, you!");
    assert_eq!(report.get("file"), None);
}
