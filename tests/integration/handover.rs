//! Several workers that serve one socket, one after the other.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::raw::{post, read_some};
use crate::support::{Started, signal};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

/// A socket that workers serve.
struct Socket(TcpListener);

/// Clients that call without a pause.
struct Callers {
    stop: Arc<AtomicBool>,
    failed: Arc<Mutex<Vec<String>>>,
    threads: Vec<thread::JoinHandle<usize>>,
}

impl Socket {
    fn new() -> Self {
        Self(TcpListener::bind(("127.0.0.1", 0)).unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Starts a worker on it, and waits until it serves.
    fn worker(&self, args: &[&str]) -> Started {
        let mut worker = self.start(args);
        worker.announcement();
        worker
    }

    fn start(&self, args: &[&str]) -> Started {
        let args = [&PLUGIN[..], &["--fd", "0"], args].concat();
        let socket = OwnedFd::from(self.0.try_clone().unwrap());
        Started::with_stdin(&args, socket.into())
    }
}

impl Callers {
    fn start(address: SocketAddr, keep: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let failed = Arc::new(Mutex::new(Vec::new()));
        let threads = (0..4).map(|_| {
            let (stop, failed) = (Arc::clone(&stop), Arc::clone(&failed));
            thread::spawn(move || {
                let (mut calls, mut kept) = (0, None);
                while !stop.load(Ordering::Relaxed) {
                    calls += 1;
                    match call(address, kept.take()) {
                        Ok((stream, stays)) => kept = Some(stream).filter(|_| keep && stays),
                        Err(error) => failed.lock().unwrap().push(error),
                    }
                }
                calls
            })
        });
        let threads = threads.collect();
        Self { stop, failed, threads }
    }

    /// The number of calls, and the errors of those that failed.
    fn stop(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let calls = self.threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        (calls, std::mem::take(&mut *self.failed.lock().unwrap()))
    }
}

/// Calls the plugin; returns the connection, and whether it stays open.
fn call(address: SocketAddr, kept: Option<TcpStream>) -> Result<(TcpStream, bool), String> {
    let attempt = || {
        let mut stream = kept.map_or_else(|| TcpStream::connect(address), Ok)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(&post("/execute", &[], "{\"args\":[1]}"))?;
        let mut response = vec![0; 4096];
        let length = read_some(&mut stream, &mut response)?;
        response.truncate(length);
        std::io::Result::Ok((stream, String::from_utf8_lossy(&response).into_owned()))
    };
    let (stream, response) = attempt().map_err(|error| error.to_string())?;
    match response.starts_with("HTTP/1.1 200") {
        true => Ok((stream, !response.to_lowercase().contains("connection: close"))),
        false => Err(response),
    }
}

/// Starts a run that hangs, and polls until the only worker of the socket runs it.
fn hang(address: SocketAddr) -> TcpStream {
    let mut run = TcpStream::connect(address).unwrap();
    let body = json!({"kwargs": {"op": "hang", "secs": 60.0}}).to_string();
    run.write_all(&post("/execute", &["X-Run-Id: hang"], &body)).unwrap();
    let report = || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /runs/hang HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    };
    while !report().contains("\"state\":\"running\"") {
        thread::sleep(Duration::from_millis(10));
    }
    run
}

/// Hands the socket over from worker to worker, while clients call.
fn hand_over(times: usize, keep: bool, args: &[&str], before: impl Fn(SocketAddr)) {
    let socket = Socket::new();
    let mut serving = socket.worker(args);
    let callers = Callers::start(socket.address(), keep);
    for _ in 0..times {
        before(socket.address());
        let next = socket.worker(args);
        signal(serving.pid(), "TERM");
        serving.wait();
        serving = next;
    }
    let (calls, failed) = callers.stop();
    println!("{} of {calls} calls failed in {times} handovers", failed.len());
    assert!(calls > times && failed.is_empty(), "{failed:?}");
}

#[test]
fn a_handover_loses_no_request() {
    for keep in [false, true] {
        hand_over(5, keep, &[], |_| {});
    }
}

#[test]
fn a_handover_from_a_worker_that_hangs_loses_no_request() {
    let runs = Mutex::new(Vec::new());
    hand_over(2, false, &["--concurrency", "3", "--stop-grace", "2"], |address| {
        runs.lock().unwrap().push(hang(address));
    });
}

#[test]
fn a_worker_that_hangs_leaves_its_idle_connections_to_others() {
    let socket = Socket::new();
    let mut worker = socket.worker(&["--stop-grace", "5"]);
    let (mut idle, stays) = call(socket.address(), None).unwrap();
    assert!(stays);
    let mut run = hang(socket.address());
    signal(worker.pid(), "TERM");
    // Until the end of the connection, which is not that of the worker.
    assert_eq!(read_some(&mut idle, &mut [0]).unwrap(), 0);
    run.set_nonblocking(true).unwrap();
    assert_eq!(run.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    run.set_nonblocking(false).unwrap();
    let mut answer = String::new();
    run.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert_eq!(worker.wait().code(), Some(4));
}

/// As a service manager does, which starts a worker when the former one has ended.
#[test]
fn an_idle_worker_ends_without_losing_a_request() {
    let socket = Socket::new();
    let address = socket.address();
    let stop = Arc::new(AtomicBool::new(false));
    let manager = thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let mut workers = 0;
            while !stop.load(Ordering::Relaxed) {
                socket.start(&["--idle-timeout", "0.1"]).wait();
                workers += 1;
            }
            workers
        }
    });
    for index in 0..40 {
        // Around the moment of the end.
        thread::sleep(Duration::from_millis(95 + index % 10));
        call(address, None).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let workers = manager.join().unwrap();
    println!("40 calls, {workers} workers");
}

#[test]
fn queued_runs_are_answered_before_a_worker_leaves() {
    let socket = Socket::new();
    let mut worker = socket.worker(&["--stop-grace", "30"]);
    let body = json!({"kwargs": {"op": "sleep", "secs": 0.3}}).to_string();
    let runs: Vec<TcpStream> = (0..6)
        .map(|_| {
            let mut run = TcpStream::connect(socket.address()).unwrap();
            run.write_all(&post("/execute", &[], &body)).unwrap();
            run
        })
        .collect();
    while count_runs(socket.address()) < runs.len() {
        thread::sleep(Duration::from_millis(5));
    }
    signal(worker.pid(), "TERM");
    for mut run in runs {
        let mut answer = String::new();
        run.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(worker.wait().code(), Some(0));
}

/// As a host does that asks for a drain, and then ends the worker as ever.
#[test]
fn a_signal_in_a_drain_loses_no_request() {
    let socket = Socket::new();
    let mut worker = socket.worker(&["--stop-grace", "5"]);
    let kept = [call(socket.address(), None), call(socket.address(), None)];
    let [(idle, _), (mut drain, _)] = kept.map(Result::unwrap);
    drain.write_all(&post("/drain", &[], "")).unwrap();
    assert!(read_some(&mut drain, &mut [0; 4096]).unwrap() > 0);
    signal(worker.pid(), "TERM");
    thread::sleep(Duration::from_millis(150));
    call(socket.address(), Some(idle)).unwrap();
    assert_eq!(worker.wait().code(), Some(0));
}

/// The runs that the worker has admitted.
fn count_runs(address: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = b"GET /runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.matches("\"kind\"").count()
}
