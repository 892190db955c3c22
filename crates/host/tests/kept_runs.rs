//! Runs that outlive their client, with a script of responses in the place of a worker.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use universal_worker_host::{
    CallError, Client, DropReason, ErrorCode, RunResult, RunState, Submission, Timeouts,
};

/// What the fake worker does with one connection.
#[derive(Debug)]
enum Script {
    /// Closes it.
    Close,
    /// Says nothing until the client closes it.
    Silence,
    Respond(String),
    /// Responds and closes the connection before the end of the response.
    Break(String),
}

/// A fake worker: one script for each connection. It ends with the last and returns the requests.
async fn fake(scripts: Vec<Script>) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
    let requests = tokio::spawn(async move {
        let mut requests = Vec::new();
        for script in scripts {
            let (mut stream, _) = listener.accept().await.unwrap();
            // The requests here fit into one segment.
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            requests.push(String::from_utf8(request[..read].to_vec()).unwrap());
            match script {
                Script::Close => {}
                Script::Silence => assert_eq!(stream.read(&mut [0]).await.unwrap(), 0),
                Script::Respond(text) | Script::Break(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            }
        }
        requests
    });
    (client, requests)
}

fn respond(status: u16, body: &Value) -> Script {
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
    Script::Respond(format!("{head}connection: close\r\n\r\n{body}"))
}

/// The beginning of a stream, up to a broken line.
fn broken_stream(lines: &str) -> Script {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    Script::Break(format!("{head}{:x}\r\n{lines}\r\n", lines.len()))
}

fn report(state: &str) -> Value {
    json!({
        "id": "a", "kind": "execute", "state": state, "phase": null, "reason": null,
        "progress": 0.5, "message": "", "stalled_for_s": null, "queued_at": "t",
        "started_at": null, "ended_at": null, "deadline_at": null, "lane_held": true,
        "error": null, "result": {"state": "pending"},
        "account": {"queue_s": 0.0, "run_s": null, "first_line_s": null, "bytes_in": 1,
            "bytes_out": 0, "lines": 0, "usage": {}, "cpu_thread_s": null,
            "cpu_process_s": null, "rss_growth_mb": null, "shared": false}
    })
}

fn request_lines(requests: &[String]) -> Vec<&str> {
    requests.iter().map(|request| request.split(" HTTP/1.1").next().unwrap()).collect()
}

const NO_ARGS: [(); 0] = [];

#[tokio::test]
async fn a_submission_without_an_id_is_posted() {
    let (client, requests) = fake(vec![respond(202, &json!({"id": "made"}))]).await;
    let submission = client.run().submit(&NO_ARGS, &json!({"x": 1})).await.unwrap();
    assert_eq!(submission, Submission::New { id: "made".to_owned() });
    let requests = requests.await.unwrap();
    assert_eq!(request_lines(&requests), ["POST /runs"]);
    assert!(requests[0].ends_with(r#"{"args":[],"kwargs":{"x":1}}"#), "{requests:?}");
}

#[tokio::test]
async fn a_submission_with_an_id_is_put_and_may_be_known() {
    let (client, requests) = fake(vec![
        respond(202, &json!({"id": "a"})),
        respond(200, &report("running")),
        respond(409, &json!({"detail": "m", "code": "id_taken"})),
    ])
    .await;
    let run = client.run().id("a");
    let first = run.submit_stream(&NO_ARGS, &json!({})).await.unwrap();
    assert_eq!(first, Submission::New { id: "a".to_owned() });
    let again = run.submit_stream(&NO_ARGS, &json!({})).await.unwrap();
    assert_eq!(again.id(), "a");
    let Submission::Known(known) = again else { panic!("{again:?}") };
    assert_eq!(known.state, RunState::Running);
    let other = run.submit(&NO_ARGS, &json!({})).await.unwrap_err();
    assert_eq!(other.code(), Some(ErrorCode::IdTaken));
    let requests = requests.await.unwrap();
    let stream = "PUT /runs/a?kind=stream";
    assert_eq!(request_lines(&requests), [stream, stream, "PUT /runs/a"]);
}

#[tokio::test]
async fn a_result_is_ready_pending_dropped_or_the_error_of_the_run() {
    let job = json!({"category": "fatal", "message": "m", "retriable": false});
    let failed = json!({"detail": "m", "code": "plugin_error", "_job_error": job});
    let (client, requests) = fake(vec![
        respond(200, &json!(7)),
        respond(202, &report("running")),
        respond(410, &json!({"detail": "m", "code": "dropped", "reason": "age"})),
        respond(500, &failed),
    ])
    .await;
    let result = async |seconds| client.result::<u32>("a", Duration::from_secs_f64(seconds)).await;
    assert_eq!(result(0.0).await.unwrap(), RunResult::Ready(7));
    assert!(matches!(result(1.25).await.unwrap(), RunResult::Pending(_)));
    let dropped = RunResult::Dropped { detail: "m".to_owned(), reason: DropReason::Age };
    assert_eq!(result(3600.0).await.unwrap(), dropped);
    let error = result(0.0).await.unwrap_err();
    assert_eq!(error.job_error().unwrap().message, "m");
    let requests = requests.await.unwrap();
    let waits = ["0.000", "1.250", "60.000", "0.000"];
    let expected = waits.map(|wait| format!("GET /runs/a/result?wait={wait}"));
    assert_eq!(request_lines(&requests), expected);
}

#[tokio::test]
async fn the_time_to_wait_for_a_result_extends_that_for_its_response() {
    let (client, requests) = fake(vec![Script::Silence]).await;
    let control = Duration::from_millis(50);
    let client = client.timeouts(Timeouts { control, ..Timeouts::default() });
    let wait = Duration::from_millis(100);
    match client.result::<Value>("a", wait).await.unwrap_err() {
        CallError::TimedOut { limit, .. } => assert_eq!(limit, wait + control),
        error => panic!("{error}"),
    }
    requests.await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_result_survives_lost_connections() {
    let (client, requests) = fake(vec![
        Script::Close,
        Script::Break("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\"cut".to_owned()),
        respond(202, &report("running")),
        Script::Close,
        respond(200, &json!("done")),
    ])
    .await;
    assert_eq!(client.wait_result::<String>("a").await.unwrap(), "done");
    let requests = requests.await.unwrap();
    assert_eq!(request_lines(&requests), ["GET /runs/a/result?wait=60.000"; 5]);
}

#[tokio::test]
async fn waiting_for_a_result_ends_with_the_worker_and_with_its_errors() {
    // The listener is closed with the last script.
    let (client, requests) = fake(vec![Script::Close]).await;
    let error = client.wait_result::<Value>("a").await.unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
    requests.await.unwrap();

    let (client, requests) = fake((0..4).map(|_| Script::Close).collect()).await;
    let error = client.wait_result::<Value>("a").await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    assert_eq!(requests.await.unwrap().len(), 4);

    for (status, code) in [(404, "unknown_run"), (410, "dropped"), (503, "shutdown")] {
        let (client, requests) =
            fake(vec![respond(status, &json!({"detail": "m", "code": code}))]).await;
        let error = client.wait_result::<Value>("a").await.unwrap_err();
        assert!(error.code().is_some_and(|code| code != ErrorCode::Unknown), "{error}");
        requests.await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_knows_the_number_of_its_next_line() {
    let job = r#"{"category":"fatal","message":"m","retriable":false}"#;
    let error = format!("{{\"error\":\"m\",\"_job_error\":{job}}}\n");
    let (client, requests) = fake(vec![
        broken_stream("{\"i\":5}\n{\"error\":6}\n{\"i\""),
        broken_stream(&format!("{{\"i\":7}}\n{error}")),
        respond(416, &json!({"detail": "m", "code": "beyond_end"})),
    ])
    .await;
    let mut lines = client.lines("a", 5).await.unwrap();
    assert_eq!(lines.next_number(), 5);
    for (value, number) in [(json!({"i": 5}), 6), (json!({"error": 6}), 7)] {
        assert_eq!(lines.next::<Value>().await.unwrap().unwrap(), value);
        assert_eq!(lines.next_number(), number);
    }
    let lost = lines.next::<Value>().await.unwrap().unwrap_err();
    assert!(matches!(lost, CallError::Disconnected(_)), "{lost}");

    let mut lines = client.lines("a", lines.next_number()).await.unwrap();
    assert_eq!(lines.next::<Value>().await.unwrap().unwrap(), json!({"i": 7}));
    let failed = lines.next::<Value>().await.unwrap().unwrap_err();
    assert!(matches!(failed, CallError::Stream { .. }), "{failed}");
    assert_eq!(lines.next_number(), 8);
    assert!(lines.next::<Value>().await.is_none());

    let beyond = client.lines("a", 9).await.unwrap_err();
    assert_eq!(beyond.code(), Some(ErrorCode::BeyondEnd));
    let requests = requests.await.unwrap();
    let expected = [5, 7, 9].map(|from| format!("GET /runs/a/lines?from={from}"));
    assert_eq!(request_lines(&requests), expected);
}
