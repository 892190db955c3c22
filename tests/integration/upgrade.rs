//! The recipes of `docs/operations.md` for an upgrade: its commands, under load.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::recycle::{Clients, Reuse};
use crate::support::raw::read_some;
use crate::support::{plugin, program};

/// The blocks of code in the section, of one language.
fn block(language: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, section) = text.split_once("### Upgrade without a lost call\n").unwrap();
    let (_, block) = section.split_once(&format!("```{language}\n")).unwrap();
    let (block, _) = block.split_once("```\n").unwrap();
    block.replace("./new/libwhisper.so", plugin("conformance").to_str().unwrap())
}

/// A program that finds the worker, which serves the class of these tests.
fn command(program_: &str) -> Command {
    let mut path = OsString::from(program().parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new(program_);
    command.env("PATH", path).env("UNIVERSAL_WORKER_CLASS", "Conformance");
    command.env("UNIVERSAL_WORKER_CONCURRENCY", "3");
    // What a test that fails has started ends with it.
    command.env("UNIVERSAL_WORKER_PPID", std::process::id().to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Ends a program with the test.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_recipe_with_a_shared_socket_loses_no_call() {
    let port = free_port();
    let host = block("python").replace("8080", &port.to_string());
    let module = plugin("conformance");
    let driver = format!(
        "{host}\nimport sys\nworker = start({module:?})\nprint('serving', flush=True)\n\
         for line in sys.stdin:\n    old, worker = worker, upgrade(worker, {module:?})\n    \
         print(old.wait(), flush=True)\nworker.terminate()\nprint(worker.wait(), flush=True)\n"
    );
    let mut host = Group(command("python3").args(["-c", &driver]).spawn().unwrap());
    let mut stdin = host.0.stdin.take().unwrap();
    let mut lines = BufReader::new(host.0.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "serving");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let clients =
        [Reuse::Never, Reuse::WhilePossible].map(|reuse| Clients::start(address, reuse, 2));
    for _ in 0..3 {
        stdin.write_all(b"upgrade\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "0");
    }
    for clients in clients {
        let (requests, failed) = clients.stop();
        println!("{} of {requests} calls failed in 3 upgrades", failed.len());
        assert!(requests > 3 && failed.is_empty(), "{failed:?}");
    }
    drop(stdin);
    assert_eq!(lines.next().unwrap().unwrap(), "0");
}

/// Gives each request to the first of two workers that takes it, as a proxy does.
fn start_proxy(backends: [u16; 2]) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || forward(client.unwrap(), backends));
        }
    });
    address
}

fn forward(mut client: TcpStream, backends: [u16; 2]) {
    let mut request = vec![0; 4096];
    // The clients of these tests write a request at once.
    let length = read_some(&mut client, &mut request).unwrap();
    for backend in backends {
        let ask = || {
            let mut worker = TcpStream::connect(("127.0.0.1", backend))?;
            worker.write_all(&request[..length])?;
            let mut response = vec![0; 4096];
            let length = read_some(&mut worker, &mut response)?;
            response.truncate(length);
            std::io::Result::Ok(String::from_utf8_lossy(&response).into_owned())
        };
        match ask() {
            Ok(response) if response.contains("\"code\":\"shutdown\"") => {}
            Ok(response) if !response.is_empty() => {
                return client.write_all(response.as_bytes()).unwrap();
            }
            _ => {}
        }
    }
}

#[test]
fn the_recipe_with_a_proxy_loses_no_call() {
    let ports = [free_port(), free_port()];
    let [old_port, new_port] = ports.map(|port| port.to_string());
    let mut old = command(program().to_str().unwrap());
    let module = plugin("conformance");
    old.args(["--port", &old_port, "--module"]).arg(module);
    let mut old = Group(old.spawn().unwrap());
    let mut announcement = String::new();
    BufReader::new(old.0.stdout.take().unwrap()).read_line(&mut announcement).unwrap();
    let proxy = start_proxy(ports);
    let clients = Clients::start(proxy, Reuse::Never, 3);
    let script = block("sh").replace("8081", &old_port).replace("8082", &new_port);
    let script = format!("{script}echo free; read line; kill -TERM $!; wait $!; echo $?");
    let mut upgrade = command("sh");
    let mut upgrade = Group(upgrade.args(["-c", &script]).spawn().unwrap());
    let start = Instant::now();
    let mut lines = BufReader::new(upgrade.0.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().ends_with("free") {}
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(old.0.wait().unwrap().code(), Some(0));
    let (requests, failed) = clients.stop();
    println!("{} of {requests} calls failed", failed.len());
    assert!(requests > 3 && failed.is_empty(), "{failed:?}");
    upgrade.0.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "0");
}
