//! Headers that a plugin adds to the response of its run.

use universal_worker_plugin::dynamic::{Fault, FaultKind};

use crate::{Script, request};

#[tokio::test]
async fn a_plugin_adds_headers_to_an_answer() {
    let service = Script {
        execute: |_, cx| {
            cx.response_header("X-Accounts", "[0]")?;
            cx.response_header("X-Accounts", "[1]")?;
            Ok(b"1".to_vec())
        },
        ..Script::default()
    };
    let service = service.serve();
    let response = request(&service, "POST", "/execute", "{}").await;
    assert_eq!((response.status.as_u16(), response.body.as_str()), (200, "1"));
    assert_eq!(response.headers["x-accounts"], "[1]");
    assert_eq!(response.headers["content-type"], "application/json");
}

#[tokio::test]
async fn an_error_has_the_headers_too() {
    let service = Script {
        execute: |_, cx| {
            cx.response_header("x-accounts", "[1]")?;
            Err(Fault::new(FaultKind::Failed, "no"))
        },
        ..Script::default()
    };
    let service = service.serve();
    for path in ["/execute", "/execute_stream"] {
        let response = request(&service, "POST", path, "{}").await;
        assert_eq!(response.status, 500);
        assert_eq!(response.headers["x-accounts"], "[1]", "{path}");
    }
}

#[tokio::test]
async fn headers_of_the_worker_cannot_be_replaced() {
    let service = Script {
        execute: |_, cx| {
            let names = ["x-run-id", "X-Run-Account", "content-type", "x-a\nb"];
            assert!(names.iter().all(|name| cx.response_header(name, "v").is_err()));
            cx.response_header("x-a", "two\nlines").unwrap_err();
            Ok(cx.run_id().into_bytes())
        },
        ..Script::default()
    };
    let response = request(&service.serve(), "POST", "/execute", "{}").await;
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.headers["x-run-id"], response.body);
}

#[tokio::test]
async fn a_stream_has_the_headers_that_were_added_before_it_opened() {
    let service = Script {
        execute: |_, cx| {
            cx.response_header("x-before", "1")?;
            cx.arguments_bound();
            cx.response_header("x-after", "1")?;
            Ok(b"1".to_vec())
        },
        ..Script::default()
    };
    let response = request(&service.serve(), "POST", "/execute_stream", "{}").await;
    assert_eq!((response.status.as_u16(), response.body.as_str()), (200, "1\n"));
    assert_eq!(response.headers["x-before"], "1");
    assert_eq!(response.headers.get("x-after"), None);
}
