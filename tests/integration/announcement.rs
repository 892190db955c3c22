//! The announcement, and the address in it.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use universal_worker_host::{Client, WorkerStatus};

use crate::support::{Started, Worker, fill, run_to_end, scratch, until_some};

#[tokio::test]
async fn the_announcement_has_address_plugin_and_versions() {
    let mut started = Started::spawn(&["--module", "conformance", "--class", "Conformance"]);
    let line: Value = serde_json::from_str(&started.stdout_line()).unwrap();
    assert_eq!(line["event"], "ready");
    assert_eq!(line["proto"], 1);
    assert_eq!(line["pid"], started.pid());
    assert_eq!(line["uds"], Value::Null);
    assert_eq!(line["class"], "Conformance");
    assert_eq!(line["name"], "conformance");
    assert_eq!(line["version"], "1.2.3");
    assert_eq!(line["abi"], "1.2.0");
    assert_eq!(line["worker"], env!("CARGO_PKG_VERSION"));
    let address = line["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "", "nothing follows the announcement");
}

#[tokio::test]
async fn a_taken_port_is_reported_before_the_plugin_is_loaded() {
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
async fn connections_are_refused_while_the_plugin_loads() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let port = address.port().to_string();
    let mut started =
        Started::spawn(&["--module", "conformance", "--class", "SlowToLoad", "--port", &port]);
    // A polling client is refused until the worker listens, and then gets a response at once.
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
async fn a_config_at_the_start_is_put_in_force_or_ends_the_worker() {
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
async fn ready_fd_receives_the_announcement_and_is_closed() {
    let folder = scratch();
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let script = format!("exec \"$@\" 7>'{}'", fifo.display());
    let args = ["--module", "conformance", "--class", "Conformance", "--ready-fd", "7"];
    let mut started = Started::by_shell(&script, &args);
    // The read ends while the worker still runs.
    let text = std::fs::read_to_string(&fifo).unwrap();
    let line: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((&line["event"], &line["pid"]), (&json!("ready"), &json!(started.pid())));
    started.terminate();
    assert_eq!(started.rest_of_stdout(), "");
}

#[tokio::test]
async fn announce_file_appears_complete() {
    let folder = scratch();
    for (class, event) in [("Conformance", "ready"), ("RefusesToLoad", "failed")] {
        let file = folder.path().join(class);
        let args = ["--module", "conformance", "--class", class, "--announce-file"];
        let mut started = Started::spawn(&[&args[..], &[file.to_str().unwrap()]].concat());
        let text = until_some(async || std::fs::read_to_string(&file).ok()).await;
        let line: Value = serde_json::from_str(text.trim()).unwrap();
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
async fn a_stale_announce_file_is_removed_before_the_plugin_loads() {
    let folder = scratch();
    let file = folder.path().join("announcement");
    std::fs::write(&file, r#"{"event":"ready","proto":1,"pid":1}"#).unwrap();
    let args = ["--module", "conformance", "--class", "SlowToLoad", "--announce-file"];
    let mut started = Started::spawn(&[&args[..], &[file.to_str().unwrap()]].concat());
    started.until_thread("load");
    assert!(!file.exists());
    started.terminate();
}

#[tokio::test]
async fn an_unread_failure_announcement_does_not_block_the_exit() {
    let (_unread, full) = std::io::pipe().unwrap();
    fill(&full);
    let args = ["--module", "conformance", "--class", "RefusesToLoad"];
    let mut started = Started::with_stdout(&args, full.into());
    assert_eq!(started.wait().code(), Some(1));
}

#[tokio::test]
async fn missing_or_repeated_file_descriptors_are_usage_errors() {
    for (args, expected) in [
        // The worker takes over the first, which then gets the number of the second.
        (["--fd", "0", "--lease-fd", "3"], "--lease-fd: file descriptor 3 is not open"),
        (["--fd", "0", "--lease-fd", "0"], "--fd and --lease-fd are both 0"),
        (["--ready-fd", "9", "--fd", "0"], "--ready-fd: file descriptor 9 is not open"),
    ] {
        let args = [&["--module", "hello"][..], &args].concat();
        let mut started = Started::by_shell("exec \"$@\" 3<&- 9<&-", &args);
        let line = started.announcement();
        assert_eq!(line["stage"], "usage");
        assert!(line["message"].as_str().unwrap().contains(expected), "{line}");
        assert_eq!(started.wait().code(), Some(2));
    }
}

#[tokio::test]
async fn a_service_manager_is_notified_of_ready_and_stopping() {
    let folder = scratch();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let script = format!("NOTIFY_SOCKET='{}' exec \"$@\"", path.display());
    let mut started =
        Started::by_shell(&script, &["--module", "conformance", "--class", "Conformance"]);
    let notification = || {
        let mut text = [0; 100];
        let length = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    assert_eq!(notification(), "READY=1");
    started.terminate();
    assert_eq!(notification(), "STOPPING=1");
}
