//! Calls on the threads that serve connections.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::JsonSchema;
use universal_worker_plugin::{Context, Plugin, PluginError, schemars};
use universal_worker_service::{
    IoRuntime, IoThreads, Lanes, Limits, WorkerService, background_context, serve,
};

/// Reached only by a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// Reports the thread of each call; `hold` makes one wait until the gate is open.
struct Gated;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Config {}

#[derive(Deserialize, JsonSchema)]
struct Args {
    #[serde(default)]
    hold: bool,
}

#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    is_open: bool,
    waiting: usize,
}

static GATE: Gate =
    Gate { state: Mutex::new(GateState { is_open: false, waiting: 0 }), changed: Condvar::new() };

/// The tests share the gate.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Gate {
    fn set(&self, is_open: bool) {
        self.state.lock().unwrap().is_open = is_open;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |state| !state.is_open).unwrap();
        state.waiting -= 1;
    }

    fn wait_for(&self, calls: usize) {
        let state = self.state.lock().unwrap();
        let too_few = |state: &mut GateState| state.waiting < calls;
        let (state, waited) = self.changed.wait_timeout_while(state, LONG, too_few).unwrap();
        drop(state);
        assert!(!waited.timed_out());
    }
}

impl Plugin for Gated {
    type Config = Config;
    type Args = Args;
    type Output = String;

    const CONCURRENCY: u32 = 4;

    fn initialize(_: Config, _: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: Args, _: &Context) -> Result<String, PluginError> {
        if args.hold {
            GATE.pass();
        }
        Ok(thread::current().name().unwrap_or_default().to_owned())
    }
}

/// A served class; the runtime ends with it.
struct Served {
    address: SocketAddr,
    service: WorkerService,
    _runtime: IoRuntime,
}

impl Served {
    fn start(io_threads: usize, lanes: Lanes) -> Self {
        let class = universal_worker_plugin::in_process::<Gated>(background_context()).unwrap();
        let threads = IoThreads::new(NonZeroUsize::new(io_threads).unwrap());
        let mut limits = Limits::default();
        limits.cancel_grace = Duration::from_millis(200);
        let builder = WorkerService::builder(class).io_threads(&threads).lanes(Some(lanes));
        let service = builder.limits(limits).build();
        service.initialize(b"{}").unwrap();
        let runtime = threads.start(|| {}, || {}).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener).unwrap()
        };
        let (served, limits) = (service.clone(), service.connection_limits());
        runtime.spawn(serve(listener, served, limits, std::future::pending()));
        Self { address, service, _runtime: runtime }
    }

    fn connect(&self, request: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.set_read_timeout(Some(LONG)).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        connection
    }

    /// The body of a response with status 200.
    fn send(&self, request: &str) -> String {
        let response = response(self.connect(request));
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        response.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn execute(&self, body: &str) -> String {
        self.send(&execute("", body))
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    fn until_run(&self, id: &str, expected: &str) {
        let started_at = Instant::now();
        loop {
            let report = self.get(&format!("/runs/{id}"));
            if report.contains(expected) {
                return;
            }
            assert!(started_at.elapsed() < LONG, "{report}");
        }
    }

    /// Calls until one runs on this thread.
    fn until_called_on(&self, thread: &str) {
        let started_at = Instant::now();
        while self.execute("{}") != format!("\"{thread}\"") {
            assert!(started_at.elapsed() < LONG, "no call runs on the thread {thread}");
        }
    }
}

/// A request to execute, with more header lines.
fn execute(head: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /execute HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

fn response(mut connection: TcpStream) -> String {
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

const HOLD: &str = r#"{"kwargs":{"hold":true}}"#;

#[test]
fn a_class_that_stays_on_its_threads_is_called_nowhere_else() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Served::start(1, Lanes::Threads);
    for _ in 0..100 {
        assert_eq!(served.execute("{}"), "\"lane-0\"");
    }
}

#[test]
fn calls_that_have_proven_short_run_on_the_thread_of_their_connection() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Served::start(1, Lanes::Auto);
    assert_eq!(served.execute("{}"), "\"lane-0\"");
    served.until_called_on("io");
}

#[test]
fn another_instance_has_to_prove_itself_again() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Served::start(1, Lanes::Auto);
    served.until_called_on("io");
    served.service.initialize(b"{}").unwrap();
    assert_ne!(served.execute("{}"), "\"io\"");
}

#[test]
fn the_first_request_is_served_however_the_threads_start() {
    let _one = ONE_AT_A_TIME.lock();
    for _ in 0..50 {
        assert!(Served::start(1, Lanes::Inline).get("/health").contains("running"));
    }
}

#[test]
fn with_several_io_threads_calls_have_threads_of_the_plugin() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Served::start(2, Lanes::Inline);
    for _ in 0..100 {
        assert_ne!(served.execute("{}"), "\"io\"");
    }
}

#[test]
fn requests_are_answered_while_a_call_blocks_the_io_thread() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Arc::new(Served::start(1, Lanes::Inline));
    for _ in 0..3 {
        served.until_called_on("io");
        GATE.set(false);
        let held = {
            let served = Arc::clone(&served);
            thread::spawn(move || served.execute(HOLD))
        };
        GATE.wait_for(1);
        for _ in 0..20 {
            assert!(served.get("/health").contains("running"));
            // No thread stands by, so it has one of the plugin.
            assert_ne!(served.execute("{}"), "\"io\"");
        }
        GATE.set(true);
        assert_eq!(held.join().unwrap(), "\"io\"");
    }
}

#[test]
fn a_call_that_blocks_its_io_thread_still_has_a_deadline_a_grace_and_a_client() {
    let _one = ONE_AT_A_TIME.lock();
    let served = Served::start(1, Lanes::Inline);
    for end in ["deadline", "cancel", "disconnect"] {
        GATE.set(false);
        served.until_called_on("io");
        let head = if end == "deadline" { "X-Timeout-Ms: 200\r\n" } else { "" };
        let connection = served.connect(&execute(&format!("X-Run-Id: {end}\r\n{head}"), HOLD));
        GATE.wait_for(1);
        match end {
            "deadline" => assert!(response(connection).starts_with("HTTP/1.1 504")),
            "cancel" => {
                let cancel = format!("POST /runs/{end}/cancel HTTP/1.1\r\nHost: localhost\r\n");
                served.send(&(cancel + "Connection: close\r\nContent-Length: 0\r\n\r\n"));
                // After the grace.
                assert!(response(connection).starts_with("HTTP/1.1 409"));
            }
            _ => {
                drop(connection);
                served.until_run(end, r#""reason":"client_gone""#);
            }
        }
        assert!(served.get(&format!("/runs/{end}")).contains(r#""lane_held":true"#));
        GATE.set(true);
        served.until_run(end, r#""lane_held":false"#);
    }
}
