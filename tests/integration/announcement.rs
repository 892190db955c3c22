//! The line on stdout, and the address it tells.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;
use universal_worker_host::Client;

use crate::support::Started;
use crate::support::Worker;
use crate::support::run_to_end;

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
    assert_eq!(Client::new(&address.to_string()).health().await.unwrap()["status"], "running");
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
