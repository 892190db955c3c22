//! Workers for tests, and their responses.

mod process;
pub(crate) mod raw;

use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use universal_worker_host as host;
use universal_worker_host::{
    CallError, Client, ExitReport, LineStream, RunReport, RunState, WorkerCommand,
};

pub(crate) use process::Ended;
pub(crate) use process::Started;
pub(crate) use process::c_library;
pub(crate) use process::fill;
pub(crate) use process::is_gone;
pub(crate) use process::run_below;
pub(crate) use process::run_program;
pub(crate) use process::run_to_end;
pub(crate) use process::run_with_env;
pub(crate) use process::signal;
pub(crate) use process::until_gone;

/// Far longer than any step takes on a slow machine; only a hang takes that long.
const LONG: Duration = Duration::from_secs(60);

/// The folder in which `cargo xtask test` puts the worker and its plugins.
fn dist() -> PathBuf {
    let Some(dist) = env::var_os("UNIVERSAL_WORKER_TEST_DIST") else {
        panic!("run `cargo xtask test`: it builds the worker and the plugins that the tests drive")
    };
    PathBuf::from(dist)
}

pub(crate) fn program() -> PathBuf {
    dist().join("universal-worker")
}

pub(crate) fn plugin(name: &str) -> PathBuf {
    dist().join("plugins").join(format!("lib{name}.so"))
}

pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Polls until `find` returns a value; the only place that polls.
pub(crate) async fn until_some<T>(find: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find().await {
            return found;
        }
        assert!(start.elapsed() < LONG, "the condition does not become true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) async fn until(holds: impl AsyncFn() -> bool) {
    until_some(async || holds().await.then_some(())).await;
}

/// Awaits a future with a time limit.
pub(crate) async fn in_time<T>(comes: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, comes).await.expect("the future does not complete")
}

/// The arguments of a call with keyword arguments only.
pub(crate) const NO_ARGS: [(); 0] = [];

/// A worker that has announced itself.
pub(crate) struct Worker {
    process: Mutex<Option<host::Worker>>,
    client: Client,
    pid: u32,
}

/// A response of a worker.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Worker {
    pub(crate) async fn conformance() -> Self {
        Self::of_class("Conformance").await
    }

    pub(crate) async fn of_class(class: &str) -> Self {
        Self::start(class, &[]).await
    }

    pub(crate) async fn start(class: &str, args: &[&str]) -> Self {
        Self::run(WorkerCommand::new(program(), plugin("conformance")).class(class), args).await
    }

    pub(crate) async fn hello() -> Self {
        Self::run(WorkerCommand::new(program(), "hello"), &[]).await
    }

    /// Serves the only class of a library.
    pub(crate) async fn of_library(program: &Path, library: &Path) -> Self {
        Self::run(WorkerCommand::new(program, library), &[]).await
    }

    pub(crate) async fn voice_activity() -> Self {
        Self::run(WorkerCommand::new(program(), "voice-activity"), &[]).await
    }

    async fn run(command: WorkerCommand, args: &[&str]) -> Self {
        let command = command.start_timeout(LONG);
        let command = args.iter().fold(command, |command, arg| command.arg(arg));
        let worker = command.start().await.unwrap();
        let (client, pid) = (worker.client().clone(), worker.pid());
        Self { process: Mutex::new(Some(worker)), client, pid }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn port(&self) -> u16 {
        let process = self.process.lock().unwrap();
        let url = process.as_ref().unwrap().announcement().url.clone().unwrap();
        url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The client of the host crate.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) async fn report(&self, id: &str) -> RunReport {
        self.client.run_report(id).await.unwrap()
    }

    /// Polls the report of a run until `holds` is true, and returns it.
    pub(crate) async fn until_report(
        &self,
        id: &str,
        holds: impl Fn(&RunReport) -> bool,
    ) -> RunReport {
        // The run may not have arrived yet.
        until_some(async || self.client.run_report(id).await.ok().filter(&holds)).await
    }

    pub(crate) async fn until_state(&self, id: &str, state: RunState) -> RunReport {
        self.until_report(id, |report| report.state == state).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, &[], body).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Reply {
        let sent = send(self.client.clone(), method, path, headers, body.to_owned());
        in_time(sent).await.unwrap()
    }

    pub(crate) async fn execute(&self, kwargs: Value) -> Reply {
        self.post("/execute", &json!({ "kwargs": kwargs }).to_string()).await
    }

    /// Reads a whole stream.
    pub(crate) async fn stream(&self, kwargs: Value) -> Reply {
        self.post("/execute_stream", &json!({ "kwargs": kwargs }).to_string()).await
    }

    /// Opens a stream to read line by line.
    pub(crate) async fn open_stream(&self, kwargs: Value) -> Stream {
        Stream(self.client.execute_stream(&NO_ARGS, &kwargs).await.unwrap())
    }

    /// Starts a run in a task; aborting the task closes the connection.
    pub(crate) fn spawn_execute(&self, kwargs: Value) -> JoinHandle<Reply> {
        self.spawn_post("/execute", &json!({ "kwargs": kwargs }).to_string())
    }

    pub(crate) async fn execute_with(
        &self,
        headers: &[(&'static str, &str)],
        kwargs: Value,
    ) -> Reply {
        self.send("POST", "/execute", headers, &json!({ "kwargs": kwargs }).to_string()).await
    }

    /// [`spawn_execute`](Self::spawn_execute) with an id.
    pub(crate) fn spawn_run(&self, id: &str, kwargs: Value) -> JoinHandle<Reply> {
        self.spawn_with(&[("x-run-id", id)], kwargs)
    }

    pub(crate) fn spawn_with(
        &self,
        headers: &[(&'static str, &str)],
        kwargs: Value,
    ) -> JoinHandle<Reply> {
        let client = self.client.clone();
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        tokio::spawn(async move {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = json!({ "kwargs": kwargs }).to_string();
            send(client, "POST", "/execute", &headers, body).await.unwrap()
        })
    }

    pub(crate) fn spawn_post(&self, path: &'static str, body: &str) -> JoinHandle<Reply> {
        let (client, body) = (self.client.clone(), body.to_owned());
        tokio::spawn(async move { send(client, "POST", path, &[], body).await.unwrap() })
    }

    pub(crate) async fn until_running(&self, runs: u64) {
        self.until_stats(|stats| stats["running"] == runs).await;
    }

    /// Polls the counts of runs in `/stats` until `holds` is true.
    pub(crate) async fn until_stats(&self, holds: impl Fn(&Value) -> bool) {
        let holds = &holds;
        self.until(|worker| async move { holds(&worker.get("/stats").await.json()["runs"]) }).await;
    }

    pub(crate) async fn until<'w, F: Future<Output = bool>>(
        &'w self,
        holds: impl Fn(&'w Self) -> F,
    ) {
        until(async || holds(self).await).await;
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid, name);
    }

    pub(crate) async fn wait(&self) -> ExitReport {
        let mut worker = self.process.lock().unwrap().take().unwrap();
        in_time(worker.wait()).await.unwrap()
    }

    pub(crate) async fn stop(&self) -> ExitReport {
        let mut worker = self.process.lock().unwrap().take().unwrap();
        worker.stop().await.unwrap()
    }
}

async fn send(
    client: Client,
    method: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: String,
) -> Result<Reply, CallError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let response = client.request(method, path, map, body.into()).await?;
    Ok(Reply {
        status: response.status.as_u16(),
        headers: response.headers,
        body: response.body.to_vec(),
    })
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of a header; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(300).collect();
        write!(f, "{} {body}", self.status)
    }
}

/// The lines of a stream.
pub(crate) struct Stream(LineStream);

impl Stream {
    /// Reads until the connection breaks; `false` if the body ends properly.
    pub(crate) async fn breaks(&mut self) -> bool {
        loop {
            match in_time(self.0.next_line()).await {
                Some(Ok(_)) => {}
                Some(Err(CallError::Disconnected(_))) => return true,
                Some(Err(error)) => panic!("{error}"),
                None => return false,
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Option<String> {
        let line = in_time(self.0.next_line()).await?;
        Some(String::from_utf8(line.unwrap().to_vec()).unwrap())
    }
}
