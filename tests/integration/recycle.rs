//! Workers that have done their share, and the next ones in their place.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::raw::{post, read_some};
use crate::support::{Started, Worker, is_gone, signal};

/// A host that holds a socket and starts workers on it.
struct Host {
    socket: TcpListener,
    notified: UnixDatagram,
    /// The name of `notified`, for the environment.
    name: String,
}

/// Clients that call without a pause, and check each answer.
pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<(usize, Vec<String>)>>,
}

/// Whether a client uses a connection again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    Never,
    WhilePossible,
}

const PLUGIN: [&str; 6] = ["--module", "conformance", "--class", "Conformance", "--fd", "0"];

const LONG: Duration = Duration::from_secs(60);

impl Host {
    fn new(name: &str) -> Self {
        let name = format!("universal-worker-{name}-{}", std::process::id());
        let address = UnixAddr::from_abstract_name(&name).unwrap();
        let notified = UnixDatagram::bind_addr(&address).unwrap();
        notified.set_read_timeout(Some(LONG)).unwrap();
        Self { socket: TcpListener::bind(("127.0.0.1", 0)).unwrap(), notified, name }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Starts a worker on the socket.
    fn start(&self, args: &[&str]) -> Started {
        let socket = OwnedFd::from(self.socket.try_clone().unwrap());
        let variables = [("NOTIFY_SOCKET", format!("@{}", self.name))];
        Started::with_variables(&[&PLUGIN, args].concat(), &variables, socket.into())
    }

    /// Waits until a worker tells this.
    fn until_notified(&self, expected: &str) {
        let mut text = [0; 100];
        loop {
            let length = match self.notified.recv(&mut text) {
                // By the end of a child process.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                received => received.unwrap(),
            };
            if &text[..length] == expected.as_bytes() {
                return;
            }
        }
    }
}

impl Clients {
    pub(crate) fn start(address: SocketAddr, reuse: Reuse, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..count).map(|client| {
            let stop = Arc::clone(&stop);
            // One of them has runs that are longer than a start takes.
            thread::spawn(move || run_client(address, reuse, client == 0, &stop))
        });
        let threads = threads.collect();
        Self { stop, threads }
    }

    /// The number of requests, and the errors of those that failed.
    pub(crate) fn stop(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let results = self.threads.into_iter().map(|thread| thread.join().unwrap());
        results.fold((0, Vec::new()), |(requests, mut failed), (more, errors)| {
            failed.extend(errors);
            (requests + more, failed)
        })
    }
}

fn run_client(
    address: SocketAddr,
    reuse: Reuse,
    is_slow: bool,
    stop: &AtomicBool,
) -> (usize, Vec<String>) {
    let (mut requests, mut failed, mut kept) = (0, Vec::new(), None);
    while !stop.load(Ordering::Relaxed) {
        requests += 1;
        let (call, expected) = match is_slow {
            true => (json!({"kwargs": {"op": "sleep", "secs": 0.05}}), json!("slept")),
            false => (json!({"args": [requests]}), json!({"args": [requests], "kwargs": {}})),
        };
        match request(address, kept.take(), &call, &expected) {
            Ok(connection) => kept = connection.filter(|_| reuse == Reuse::WhilePossible),
            Err(error) => failed.push(error),
        }
    }
    (requests, failed)
}

/// Makes one call; returns the connection if it stays open.
fn request(
    address: SocketAddr,
    kept: Option<TcpStream>,
    call: &Value,
    expected: &Value,
) -> Result<Option<TcpStream>, String> {
    let exchange = || {
        // As HTTP clients do, none is used that the worker has closed.
        let kept = kept.filter(is_open);
        let mut stream = kept.map_or_else(|| TcpStream::connect(address), Ok)?;
        stream.set_read_timeout(Some(LONG))?;
        stream.write_all(&post("/execute", &[], &call.to_string()))?;
        let mut response = vec![0; 4096];
        let length = read_some(&mut stream, &mut response)?;
        response.truncate(length);
        std::io::Result::Ok((stream, String::from_utf8_lossy(&response).into_owned()))
    };
    let (stream, response) = exchange().map_err(|error| error.to_string())?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    let is_expected = serde_json::from_str::<Value>(body).is_ok_and(|body| body == *expected);
    if !head.starts_with("HTTP/1.1 200 ") || !is_expected {
        return Err(format!("{response:?} to {call}"));
    }
    Ok(Some(stream).filter(|_| !head.to_ascii_lowercase().contains("connection: close")))
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// 50 workers one after the other, the next of which starts when the one before tells that it stops.
#[test]
fn fifty_recyclings_under_load_lose_no_request() {
    let start = Instant::now();
    let host = Host::new("recycle");
    let args = ["--max-runs", "20", "--concurrency", "3"];
    let mut serving = host.start(&args);
    host.until_notified("READY=1");
    let clients =
        [Reuse::Never, Reuse::WhilePossible].map(|reuse| Clients::start(host.address(), reuse, 3));
    let mut overlapping = 0;
    for _ in 1..50 {
        host.until_notified("STOPPING=1");
        let next = host.start(&args);
        host.until_notified("READY=1");
        overlapping += usize::from(!is_gone(serving.pid()));
        assert_eq!(serving.wait().code(), Some(0));
        serving = next;
    }
    // After the end of the fiftieth.
    host.until_notified("STOPPING=1");
    let mut last = host.start(&[]);
    let results = clients.map(Clients::stop);
    last.terminate();
    for (requests, failed) in results {
        println!("{} of {requests} requests failed", failed.len());
        assert!(requests > 50 && failed.is_empty(), "{failed:?}");
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("50 recyclings in {seconds:.1} s, {overlapping} with two workers at a time");
}

/// As a service manager does that starts the next worker at the exit of the last one: connections
/// wait in the socket meanwhile.
#[test]
fn a_manager_that_waits_for_the_exit_loses_no_request() {
    let host = Host::new("exit");
    let clients = Clients::start(host.address(), Reuse::WhilePossible, 3);
    for _ in 0..5 {
        assert_eq!(host.start(&["--max-runs", "20"]).wait().code(), Some(0));
    }
    // For those that wait in the socket.
    let mut last = host.start(&[]);
    let (requests, failed) = clients.stop();
    assert!(requests >= 100 && failed.is_empty(), "{requests}: {failed:?}");
    last.terminate();
}

#[test]
fn a_drain_leaves_a_socket_that_was_handed_over() {
    let host = Host::new("drain");
    let mut worker = host.start(&["--drain-timeout", "30"]);
    host.until_notified("READY=1");
    let sleep = json!({"kwargs": {"op": "sleep", "secs": 1.2}}).to_string();
    let mut run = TcpStream::connect(host.address()).unwrap();
    run.write_all(&post("/execute", &[], &sleep)).unwrap();
    let mut idle = TcpStream::connect(host.address()).unwrap();
    // Accepted after the other one, so both are served.
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    read_some(&mut idle, &mut [0; 4096]).unwrap();
    signal(worker.pid(), "TERM");
    host.until_notified("STOPPING=1");
    // It waits in the socket for the next worker.
    let mut new = TcpStream::connect(host.address()).unwrap();
    new.write_all(&post("/execute", &["Connection: close"], "{}")).unwrap();
    // One that was accepted is served, once.
    idle.write_all(&post("/execute", &[], "{\"kwargs\":{\"op\":\"none\"}}")).unwrap();
    let mut answers = String::new();
    idle.read_to_string(&mut answers).unwrap();
    assert!(answers.starts_with("HTTP/1.1 200"), "{answers}");
    assert!(answers.contains("connection: close"), "{answers}");
    let mut answer = String::new();
    run.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "longer than a stop has: {answer}");
    assert_eq!(worker.wait().code(), Some(0));
    let mut next = host.start(&[]);
    let mut answer = String::new();
    new.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    next.terminate();
}

#[tokio::test]
async fn runs_that_wait_are_not_lost_when_the_limit_is_reached() {
    let args = ["--max-runs", "2", "--concurrency", "1"];
    let worker = Worker::start("Conformance", &args).await;
    let sleep = json!({"op": "sleep", "secs": 0.2});
    let runs = ["a", "b", "c", "d"].map(|id| worker.spawn_run(id, sleep.clone()));
    worker.until_stats(|runs| runs["queued"] == 3).await;
    worker.until_stats(|runs| runs["finished"] == 2).await;
    let refused = worker.post("/execute", "{}").await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("shutdown")));
    for run in runs {
        assert_eq!(run.await.unwrap().status, 200);
    }
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert!(
        exit.stderr.trim_end().ends_with("stopped: recycled: 2 runs (--max-runs 2)"),
        "{exit:?}"
    );
    assert!(exit.stderr.contains("stopping: recycled: 2 runs (--max-runs 2)"), "{exit:?}");
}

#[tokio::test]
async fn a_worker_that_holds_too_much_at_the_end_of_a_run_is_recycled() {
    let worker = Worker::start("Conformance", &["--recycle-rss", "300M"]).await;
    assert_eq!(worker.execute(json!({})).await.status, 200);
    // Longer than a measurement takes, and within the time to the next one.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(worker.get("/ready").await.status, 200);
    let run = worker.spawn_run("large", json!({"op": "allocate", "mib": 350}));
    assert_eq!(run.await.unwrap().status, 200);
    let exit = worker.wait().await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    assert!(exit.stderr.contains("stopped: recycled: "), "{exit:?}");
    assert!(exit.stderr.contains("(--recycle-rss 300 MiB)"), "{exit:?}");
}
