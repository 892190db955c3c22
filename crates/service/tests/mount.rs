//! The example `mount` does what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::error::Error;

use axum::body::Bytes;
use http::Request;
use http::StatusCode;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use universal_worker_service::WorkerService;

#[allow(dead_code, reason = "its main binds a fixed port")]
#[path = "../examples/mount.rs"]
mod example;

async fn post(address: &str, path: &str, body: &'static str) -> (StatusCode, Bytes) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    let request = Request::post(path).header("host", address).body(body).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_mounted_plugin_answers_below_its_prefix() -> Result<(), Box<dyn Error>> {
    let plugin = WorkerService::of::<hello::Hello>()?.build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async { axum::serve(listener, example::app(plugin)).await });

    let (status, body) =
        post(&address, "/plugins/hello/execute", r#"{"kwargs":{"name":"axum"}}"#).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"\"Hello, axum!\""[..]));

    let (status, body) =
        post(&address, "/plugins/hello/execute_stream", r#"{"args":["axum"]}"#).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"\"Hello, axum!\"\n"[..]));

    let (status, _) = post(&address, "/plugins/hello/nope", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn two_services_in_one_process_share_nothing() -> Result<(), Box<dyn Error>> {
    let (one, two) = (WorkerService::of::<hello::Hello>()?, WorkerService::of::<hello::Hello>()?);
    let (one, two) = (one.build(), two.build());
    let config = br#"{"greeting":"Moin"}"#;
    tokio::task::spawn_blocking({
        let one = one.clone();
        move || one.initialize(config)
    })
    .await??;
    for (service, expected) in [(one, "\"Moin, x!\""), (two, "\"Hello, x!\"")] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        tokio::spawn(universal_worker_service::serve(listener, service, std::future::pending()));
        let (_, body) = post(&address, "/execute", r#"{"args":["x"]}"#).await;
        assert_eq!(body, expected);
    }
    Ok(())
}
