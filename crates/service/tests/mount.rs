//! The example `mount`, and services next to each other.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::error::Error;

use axum::body::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use universal_worker_service::{WorkerService, background_context, serve};

#[allow(dead_code, reason = "its main binds a fixed port")]
#[path = "../examples/mount.rs"]
mod example;

fn hello() -> Result<WorkerService, Box<dyn Error>> {
    let class = universal_worker_plugin::in_process::<hello::Hello>(background_context())?;
    Ok(WorkerService::builder(class).build())
}

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
async fn a_mounted_plugin_is_served_below_its_prefix() -> Result<(), Box<dyn Error>> {
    let plugin = hello()?;
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
async fn services_in_one_process_are_independent() -> Result<(), Box<dyn Error>> {
    let (one, two) = (hello()?, hello()?);
    let config = br#"{"greeting":"Moin"}"#;
    tokio::task::spawn_blocking({
        let one = one.clone();
        move || one.initialize(config)
    })
    .await??;
    for (service, expected) in [(one, "\"Moin, x!\""), (two, "\"Hello, x!\"")] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let limits = service.connection_limits();
        tokio::spawn(serve(listener, service, limits, std::future::pending()));
        let (_, body) = post(&address, "/execute", r#"{"args":["x"]}"#).await;
        assert_eq!(body, expected);
    }
    Ok(())
}
