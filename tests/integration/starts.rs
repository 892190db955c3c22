//! What a worker says of its start, and what it takes out of the environment.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::raw::{Raw, post};
use crate::support::{NO_ARGS, Started, Worker, plugin, run_to_end, run_with_env, scratch};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

/// Runs a worker until it has logged that it serves; returns its log.
fn log_of_a_start(args: &[&str], vars: &str) -> String {
    let mut started = Started::by_shell_with_stderr(&format!("{vars} exec \"$@\""), args);
    let mut stderr = BufReader::new(started.take_stderr());
    let mut log = String::new();
    while !log.contains("serving ") {
        assert_ne!(stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    started.terminate();
    stderr.read_to_string(&mut log).unwrap();
    log
}

#[test]
fn the_start_is_one_line_with_plugin_digest_address_and_limits() {
    // The connections of the runs and 64 more are allowed in any case.
    let limits = [
        "--queue=5",
        "--max-body=1M",
        "--max-body-total=3M",
        "--run-timeout=2m",
        "--max-connections=9",
    ];
    let args = [&PLUGIN[..], &limits].concat();
    let log = log_of_a_start(&args, "");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("serving ")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains(" INFO "), "{line}");
    let sum = Command::new("sha256sum").arg(plugin("conformance")).output().unwrap();
    let sha256 = String::from_utf8(sum.stdout).unwrap();
    let sha256 = sha256.split(' ').next().unwrap();
    for expected in [
        "conformance:Conformance, conformance 1.2.3 (sha256 ",
        sha256,
        "on http://127.0.0.1:",
        "concurrency 1, queue 5, run timeout 120 s, body 1048576 bytes, bodies 3145728 bytes, \
         connections 70;",
    ] {
        assert!(line.contains(expected), "{expected}: {line}");
    }
}

#[test]
fn too_much_memory_is_reported_with_the_name_of_the_plugin() {
    let args = [&PLUGIN[..], &["--max-rss=1M"]].concat();
    let mut started = Started::with_stderr(&args, Stdio::piped());
    let port = started.url().rsplit(':').next().unwrap().parse().unwrap();
    for _ in 0..2 {
        let response = Raw::sending(port, &post("/execute", &[], "{}")).next();
        assert!(response.starts_with("HTTP/1.1 503"), "{response}");
    }
    let stderr = started.take_stderr();
    started.terminate();
    let log = std::io::read_to_string(stderr).unwrap();
    let lines = log.lines().filter(|line| line.contains("above --max-rss 1 MiB"));
    let [line] = lines.collect::<Vec<_>>()[..] else { panic!("{log}") };
    assert!(line.contains(" WARN ") && line.contains("plugin 'conformance' holds "), "{line}");
}

#[test]
fn doubtful_options_are_reported_at_the_start() {
    let dir = scratch();
    fs::write(dir.path().join("token"), "secret\n").unwrap();
    let token = format!("--token-file={}/token", dir.path().display());
    let args = [&PLUGIN[..], &["--crash-file=/nonexistent/c.json", &token]].concat();
    let log = log_of_a_start(&args, "UNIVERSAL_WORKER_PROT=3");
    for expected in [
        "UNIVERSAL_WORKER_PROT is no variable of this worker; did you mean UNIVERSAL_WORKER_PORT?",
        "--crash-file: /nonexistent/c.json cannot be written",
        "--token-file: every user can read /",
    ] {
        let line = log.lines().find(|line| line.contains(expected));
        assert!(line.is_some_and(|line| line.contains(" WARN ")), "{expected}: {log}");
    }
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_log_level_that_is_nearly_one_is_a_usage_error() {
    for (level, expected) in [("inof", "info"), ("verbose", "debug"), ("warning", "warn")] {
        let ended = run_to_end(&["--module", "hello", "--log-level", level]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(&format!("did you mean {expected}?")), "{ended:?}");
    }
    let variable = [("UNIVERSAL_WORKER_LOG_LEVEL", "inof")];
    let ended = run_with_env(&["--module", "hello"], &variable).await;
    assert!(ended.stderr.starts_with("error: UNIVERSAL_WORKER_LOG_LEVEL: "), "{ended:?}");
}

#[tokio::test]
async fn a_usage_error_reaches_the_announce_file_and_no_check_announces() {
    let dir = scratch();
    let file = dir.path().join("announcement");
    let name = file.to_str().unwrap();
    let ended = run_to_end(&["--module", "hello", "--announce-file", name, "--prt", "1"]).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:?}");
    let failed: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!((&failed["stage"], &failed["code"]), (&json!("usage"), &json!(2)));
    for args in [
        &["--module", "hello", "--check", "--prt"][..],
        &["--module", "hello", "--check", "--config", "@/no/such/file"],
        &["--list", "--module", "m"],
    ] {
        let ended = run_to_end(args).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{args:?}: {ended:?}");
    }
    let mut started = Started::by_shell("exec \"$@\" 7>&1 1>&-", &["--ready-fd=7", "--prt"]);
    assert_eq!(started.announcement()["stage"], "usage");
}

#[test]
fn a_token_is_not_in_the_environment_that_the_system_shows() {
    let vars = "UNIVERSAL_WORKER_TOKEN=s3cret OTHER=1";
    let mut started = Started::by_shell(&format!("{vars} exec \"$@\""), &PLUGIN);
    started.announcement();
    let environ = fs::read(format!("/proc/{}/environ", started.pid())).unwrap();
    let environ = String::from_utf8_lossy(&environ);
    assert!(!environ.contains("s3cret") && environ.contains("OTHER=1"), "{environ}");
    started.terminate();
}

#[tokio::test]
async fn processes_of_the_plugin_do_not_get_the_options() {
    let dir = scratch();
    let file = dir.path().join("env");
    let vars = "UNIVERSAL_WORKER_QUEUE=3 LISTEN_FDS=0 LISTEN_PID=1 LISTEN_FDNAMES=x \
        NOTIFY_SOCKET=/nope WATCHDOG_USEC=1 UNIVERSAL_WORKER_TREE=mark";
    let mut started = Started::by_shell(&format!("{vars} exec \"$@\""), &PLUGIN);
    let client = Client::new(&started.url());
    let call = json!({"op": "shell", "script": format!("env > {}", file.display())});
    let _: Value = client.execute(&NO_ARGS, &call).await.unwrap();
    let env = fs::read_to_string(&file).unwrap();
    for name in ["UNIVERSAL_WORKER_QUEUE", "LISTEN_", "NOTIFY_SOCKET", "WATCHDOG_"] {
        assert!(!env.contains(name), "{name}: {env}");
    }
    // The mark of the host stays.
    assert!(env.contains("UNIVERSAL_WORKER_TREE=mark"), "{env}");
    started.terminate();
}

#[tokio::test]
async fn an_initialize_is_logged_whether_it_succeeds_or_not() {
    let worker = Worker::conformance().await;
    worker.post("/initialize", r#"{"model":"tiny"}"#).await;
    worker.post("/initialize", r#"{"bad":"x"}"#).await;
    let exit = worker.stop().await;
    let has = |level: &str, text: &str| {
        exit.stderr.lines().any(|line| line.contains(level) && line.contains(text))
    };
    assert!(has(" INFO ", ": initialized"), "{}", exit.stderr);
    assert!(has(" WARN ", ": initialize failed: bad config: x"), "{}", exit.stderr);
}

#[tokio::test]
async fn a_config_that_is_no_json_is_reported_by_its_option() {
    for args in [&["--config={bad"][..], &["--check", "--config={bad"]] {
        let ended = run_to_end(&[&["--module", "hello"], args].concat()).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("--config is not JSON: "), "{ended:?}");
    }
}

#[tokio::test]
async fn a_check_obeys_the_options_of_the_log() {
    let call = r#"{"kwargs":{"op":"log","level":"debug","message":"marked line"}}"#;
    let check = [&PLUGIN[..], &["--check", "--execute", call]].concat();
    let debug = run_to_end(&[&check[..], &["--log-level", "debug"]].concat()).await;
    assert!(debug.stderr.contains("marked line"), "{debug:?}");
    let plain = run_to_end(&check).await;
    assert!(!plain.stderr.contains("marked line"), "{plain:?}");
}

#[tokio::test]
async fn a_list_is_json_on_request_and_names_each_folder_once() {
    let list = run_to_end(&["--list", "--json"]).await;
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let plugins = list["plugins"].as_array().unwrap();
    let hello = plugins.iter().find(|plugin| plugin["name"] == "hello").unwrap();
    assert_eq!(hello["classes"][0]["class"], "Hello");
    assert_eq!(list["problems"], json!([]));
    let folder = plugin("hello").parent().unwrap().to_str().unwrap().to_owned();
    let twice = run_with_env(
        &["--module", "nope", "--plugin-dir", &folder, "--plugin-dir", &format!("{folder}/")],
        &[("PATH", "/nowhere")],
    )
    .await;
    assert_eq!(twice.stderr.matches(&folder).count(), 1, "{twice:?}");
}

#[tokio::test]
async fn a_crash_record_that_cannot_be_written_is_reported_at_the_crash() {
    let folder = scratch();
    let file = folder.path().join("gone/crash.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    let worker = Worker::start("Conformance", &["--crash-file", file.to_str().unwrap()]).await;
    fs::remove_dir(file.parent().unwrap()).unwrap();
    let run = worker.spawn_execute(json!({"op": "segfault"}));
    let exit = worker.wait().await;
    assert!(run.await.is_err());
    assert!(exit.stderr.contains("the crash record cannot be written to /"), "{exit:?}");
}
