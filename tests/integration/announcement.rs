//! The line on stdout, and the address it tells.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use universal_worker_host::Client;
use universal_worker_host::WorkerStatus;

use crate::support::Started;
use crate::support::Worker;
use crate::support::fill;
use crate::support::run_to_end;
use crate::support::scratch;
use crate::support::until_some;

#[tokio::test]
async fn it_tells_where_and_what() {
    let mut started = Started::spawn(&["--module", "conformance", "--class", "Conformance"]);
    let line: Value = serde_json::from_str(&started.stdout_line()).unwrap();
    assert_eq!(line["event"], "ready");
    assert_eq!(line["proto"], 1);
    assert_eq!(line["pid"], started.pid());
    assert_eq!(line["uds"], Value::Null);
    assert_eq!(line["class"], "Conformance");
    assert_eq!(line["name"], "conformance");
    assert_eq!(line["version"], "1.2.3");
    assert_eq!(line["abi"], "1.0.0");
    assert_eq!(line["worker"], env!("CARGO_PKG_VERSION"));
    let address = line["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "", "nothing comes after the announcement");
}

#[tokio::test]
async fn a_taken_port_is_told_before_a_slow_plugin_is_loaded() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended =
        run_to_end(&["--module", "conformance", "--class", "RefusesToLoad", "--port", &port]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
    assert_eq!((&failed["event"], &failed["stage"]), (&json!("failed"), &json!("listen")));
    assert_eq!(failed["code"], 3);
    assert!(ended.stderr.contains(&format!("127.0.0.1:{port}")), "{}", ended.stderr);
}

#[tokio::test]
async fn nobody_can_connect_while_the_plugin_is_being_loaded() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let port = address.port().to_string();
    let mut started =
        Started::spawn(&["--module", "conformance", "--class", "SlowToLoad", "--port", &port]);
    // A client that polls is refused until the worker is there, and then answered at once.
    while let Err(error) = TcpStream::connect(address) {
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
    let health = Client::new(&address.to_string()).health().await.unwrap();
    assert_eq!(health.status, WorkerStatus::Running);
    let line: Value = serde_json::from_str(&started.stdout_line()).unwrap();
    assert_eq!(line["event"], "ready");
    started.terminate();
}

#[tokio::test]
async fn a_config_may_be_given_at_the_start_and_a_refused_one_ends_it() {
    let worker = Worker::start("Conformance", &["--config", r#"{"model":"tiny"}"#]).await;
    assert_eq!(worker.get("/config").await.json(), json!({"model": "tiny"}));

    let refused = run_to_end(&[
        "--module",
        "conformance",
        "--class",
        "Conformance",
        "--config",
        r#"{"bad":"x"}"#,
    ])
    .await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let failed: Value = serde_json::from_str(refused.stdout.trim()).unwrap();
    assert_eq!(failed["stage"], "initialize");
    assert!(failed["message"].as_str().unwrap().contains("bad config: x"), "{failed}");
}

#[tokio::test]
async fn it_goes_to_a_file_descriptor_that_is_closed_then() {
    let folder = scratch();
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let script = format!("exec \"$@\" 7>'{}'", fifo.display());
    let args = ["--module", "conformance", "--class", "Conformance", "--ready-fd", "7"];
    let mut started = Started::by_shell(&script, &args);
    // Comes to its end while the worker lives.
    let told = std::fs::read_to_string(&fifo).unwrap();
    let line: Value = serde_json::from_str(told.trim()).unwrap();
    assert_eq!((&line["event"], &line["pid"]), (&json!("ready"), &json!(started.pid())));
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "");
}

#[tokio::test]
async fn it_goes_to_a_file_that_is_there_with_the_whole_of_it() {
    let folder = scratch();
    for (class, event) in [("Conformance", "ready"), ("RefusesToLoad", "failed")] {
        let file = folder.path().join(class);
        let args = ["--module", "conformance", "--class", class, "--announce-file"];
        let mut started = Started::spawn(&[&args[..], &[file.to_str().unwrap()]].concat());
        let told = until_some(async || std::fs::read_to_string(&file).ok()).await;
        let line: Value = serde_json::from_str(told.trim()).unwrap();
        assert_eq!((&line["event"], &line["pid"]), (&json!(event), &json!(started.pid())));
        match event {
            "ready" => started.terminate(),
            _ => assert_eq!(started.wait().code(), Some(1)),
        }
        assert_eq!(started.rest_of_stdout(), "");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "{left:?}");

    let args = ["--module", "hello", "--announce-file", "/no/such/folder/file"];
    let ended = run_to_end(&args).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("--announce-file"), "{ended:?}");
}

#[tokio::test]
async fn what_another_worker_left_in_the_file_is_gone_while_the_plugin_loads() {
    let folder = scratch();
    let file = folder.path().join("announcement");
    std::fs::write(&file, "{}").unwrap();
    let args = ["--module", "conformance", "--class", "SlowToLoad", "--announce-file"];
    let mut started = Started::spawn(&[&args[..], &[file.to_str().unwrap()]].concat());
    started.until_thread("load");
    assert!(!file.exists());
    started.terminate();
}

#[tokio::test]
async fn a_failure_that_nobody_reads_holds_nothing_up() {
    let (_unread, full) = std::io::pipe().unwrap();
    fill(&full);
    let args = ["--module", "conformance", "--class", "RefusesToLoad"];
    let mut started = Started::with_stdout(&args, full.into());
    assert_eq!(started.wait().code(), Some(1));
}

#[tokio::test]
async fn file_descriptors_that_are_not_there_or_named_twice_are_mistakes_of_usage() {
    for (args, told) in [
        // The first is taken over, and gets the number of the second.
        (["--fd", "0", "--lease-fd", "3"], "--lease-fd: the worker was not started with 3"),
        (["--fd", "0", "--lease-fd", "0"], "--fd and --lease-fd are both 0"),
        (["--ready-fd", "9", "--fd", "0"], "--ready-fd: the worker was not started with 9"),
    ] {
        let args = [&["--module", "hello"][..], &args].concat();
        let mut started = Started::by_shell("exec \"$@\" 3<&- 9<&-", &args);
        let line = started.announcement();
        assert_eq!(line["stage"], "usage");
        assert!(line["message"].as_str().unwrap().contains(told), "{line}");
        assert_eq!(started.wait().code(), Some(2));
    }
}

#[tokio::test]
async fn a_service_manager_is_told_when_it_is_ready_and_when_it_stops() {
    let folder = scratch();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let script = format!("NOTIFY_SOCKET='{}' exec \"$@\"", path.display());
    let mut started =
        Started::by_shell(&script, &["--module", "conformance", "--class", "Conformance"]);
    let told = || {
        let mut text = [0; 100];
        let length = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    assert_eq!(told(), "READY=1");
    started.terminate();
    assert_eq!(told(), "STOPPING=1");
}
