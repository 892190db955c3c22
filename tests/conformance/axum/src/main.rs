//! A plain axum server with the worker's main routes: what one gets without further effort.
//!
//! `cargo xtask conformance` compares the worker with it.
//! `axum [--max-body BYTES]` serves on any free port, and announces it like the worker.

#![allow(clippy::print_stdout, reason = "a program that announces its address")]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::lines::Lines;

mod lines;

/// The number of calls so far.
type Runs = Arc<AtomicU64>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/health", get(async || json_response(&json!({"status": "running"}))))
        .route("/ready", get(async || json_response(&json!({"status": "ready"}))))
        .route("/stats", get(stats))
        .route("/cancel", post(async || json_response(&json!({"status": "cancelled"}))))
        .route("/execute", post(execute))
        .route("/execute_stream", post(execute_stream))
        .layer(DefaultBodyLimit::max(max_body()?))
        .with_state(Runs::default());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{}", json!({"event": "ready", "url": url}));
    axum::serve(listener, app).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
fn max_body() -> Result<usize, Box<dyn Error>> {
    let mut args = env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (None, _) => Ok(64 << 20),
        (Some("--max-body"), Some(bytes)) => Ok(bytes.parse()?),
        _ => Err("usage: axum [--max-body BYTES]".into()),
    }
}

async fn stats(State(runs): State<Runs>) -> Response {
    json_response(&json!({"runs": {"finished": runs.load(Ordering::Relaxed)}}))
}

/// Returns the arguments.
async fn execute(State(runs): State<Runs>, body: Bytes) -> Response {
    match call(&runs, &body) {
        Ok(call) => json_response(&call),
        Err(refused) => refused.into_response(),
    }
}

/// Streams the text in the keyword `text`, `n` times.
async fn execute_stream(State(runs): State<Runs>, body: Bytes) -> Response {
    let call = match call(&runs, &body) {
        Ok(call) => call,
        Err(refused) => return refused.into_response(),
    };
    let line = format!("{}\n", json!({"text": call["kwargs"]["text"]}));
    let lines = Lines::new(line, call["kwargs"]["n"].as_u64().unwrap_or(1));
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::new(lines)).into_response()
}

/// Parses a call, and counts it.
fn call(runs: &Runs, body: &[u8]) -> Result<Value, (StatusCode, String)> {
    let body = if body.is_empty() { b"{}" } else { body };
    let call = serde_json::from_slice(body)
        .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    runs.fetch_add(1, Ordering::Relaxed);
    Ok(call)
}

fn json_response(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
