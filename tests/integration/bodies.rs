//! Invalid requests.

use universal_worker_host::{CallError, Client};

use crate::support::raw::{Raw, post};
use crate::support::{Started, Worker, in_time, plugin};

#[tokio::test]
async fn errors_of_arguments_use_the_terms_of_a_python_call() {
    let worker = Worker::hello().await;
    for (body, status, expected) in [
        ("{}", 422, "missing required argument 'name'"),
        (r#"{"kwargs":{"nam":"x"}}"#, 422, "unexpected keyword argument 'nam'"),
        (r#"{"args":["x"],"kwargs":{"name":"y"}}"#, 422, "got multiple values for argument 'name'"),
        (r#"{"args":["x","y"]}"#, 422, "positional"),
        (r#"{"kwargs":{"name":1}}"#, 422, "argument 'name': expected string, got integer 1"),
        (r#"{"kwargs":{"name":"\ud800"}}"#, 400, "surrogate"),
        (r#"{"kwargs":{"name":"x"}"#, 400, "line 1 column"),
        (r#"{"args":1}"#, 422, "args"),
        ("[]", 422, "object"),
        ("\"x\"", 422, "object"),
    ] {
        let reply = worker.post("/execute", body).await;
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(reply.status, status, "{body}: {reply:?}");
        assert!(detail.contains(expected), "{body}: '{detail}' does not contain '{expected}'");
    }
    assert_eq!(worker.post("/execute", r#"{"args":["x"]}"#).await.status, 200);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_call() {
    let worker = Worker::conformance().await;
    for body in ["", "{}", " "] {
        assert_eq!(worker.post("/execute", body).await.status, 200, "'{body}'");
    }
}

#[tokio::test]
async fn the_depth_of_a_body_is_limited() {
    let worker = Worker::conformance().await;
    for (depth, status) in [(100, 200), (200, 400), (200_000, 400)] {
        let body = format!("{{\"args\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(worker.post("/execute", &body).await.status, status, "{depth}");
    }
}

#[tokio::test]
async fn an_error_for_a_large_body_names_limit_and_option() {
    let worker = Worker::start("Conformance", &["--max-body", "1000"]).await;
    let body = format!("{{\"args\":[\"{}\"]}}", "x".repeat(1000));
    let reply = worker.post("/execute", &body).await;
    assert_eq!(reply.status, 413);
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("1000") && detail.contains("--max-body"), "{detail}");
    assert_eq!(worker.post("/execute", "{}").await.status, 200);
}

#[tokio::test]
async fn large_bodies_are_transferred() {
    let worker = Worker::conformance().await;
    let text = "x".repeat(8 << 20);
    let reply = worker.post("/execute", &format!("{{\"args\":[\"{text}\"]}}")).await;
    assert_eq!(reply.text(), format!("{{\"args\":[\"{text}\"],\"kwargs\":{{}}}}"));
}

#[tokio::test]
async fn host_origin_and_content_encoding_are_checked() {
    let worker = Worker::start("Conformance", &["--allow-host", "box"]).await;
    for (header, value, status) in [
        ("host", "evil.example", 403),
        ("host", "box:1", 200),
        ("host", "localhost", 200),
        ("origin", "http://evil.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "none", 200),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity", 200),
        ("content-type", "text/plain", 200),
    ] {
        let reply = worker.send("POST", "/execute", &[(header, value)], "{}").await;
        assert_eq!(reply.status, status, "{header}: {value}");
        assert!(reply.status == 200 || reply.json()["detail"].is_string());
    }
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_json_errors() {
    let worker = Worker::hello().await;
    for (method, path, status, allow) in [
        ("GET", "/", 404, ""),
        ("GET", "/execute/", 404, ""),
        ("PUT", "/execute", 405, "POST"),
        ("POST", "/stats", 405, "GET, HEAD"),
    ] {
        let reply = worker.send(method, path, &[], "").await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        assert!(reply.json()["detail"].is_string());
    }
}

#[tokio::test]
async fn bodies_for_which_there_is_no_memory_are_refused() {
    let library = plugin("conformance");
    let args = ["--module", library.to_str().unwrap(), "--class", "Conformance"];
    let mut started = Started::by_shell("ulimit -v 256000; exec \"$@\"", &args);
    let url = started.url();
    let client = Client::new(&url);
    let body = |length| format!("{{\"kwargs\":{{\"a\":\"{}\"}}}}", "x".repeat(length));
    // One that never fits is not to be sent again.
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let reply = Raw::sending(port, &post("/execute", &[], &body(60 << 20))).rest();
    assert!(reply.starts_with("HTTP/1.1 413") && reply.contains("(RLIMIT_AS)"), "{reply}");
    let body = body(12 << 20);
    let calls = [(); 5].map(|()| {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move {
            let path = "/execute";
            client.request(http::Method::POST, path, http::HeaderMap::new(), body.into()).await
        })
    });
    for call in calls {
        match in_time(call).await.unwrap() {
            Ok(response) => assert!(matches!(response.status.as_u16(), 200 | 503), "{response:?}"),
            // The refusal came before the body was sent.
            Err(CallError::Disconnected(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(client.ready().await.unwrap().is_ready());
    started.terminate();
}
