//! The server that the worker is compared with: only hyper, and the same parser and encoder of JSON.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use universal_worker_json::Encoder;

/// The argument that runs this program as the bare server.
pub(crate) const SUBCOMMAND: &str = "serve-bare";

const ENCODER: Encoder = Encoder::compact();

/// Serves on any free port, which it announces like the worker, until it is killed.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    Builder::new_current_thread().enable_io().build()?.block_on(accept())
}

async fn accept() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{}", serde_json::json!({"event": "ready", "url": url}));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
        tokio::spawn(connection);
    }
}

async fn respond(
    request: Request<Incoming>,
) -> Result<Response<Either<Full<Bytes>, StreamBody<Lines>>>, Box<dyn Error + Send + Sync>> {
    let is_get = request.method() == Method::GET;
    let is_stream = request.uri().path() == "/execute_stream";
    let body = read(request.into_body()).await?;
    let arguments: Value = if is_get { Value::Null } else { serde_json::from_slice(&body)? };
    let (body, kind) = if is_stream {
        (Either::Right(StreamBody::new(Lines::new(&arguments["kwargs"]))), "application/x-ndjson")
    } else {
        (Either::Left(Full::from(ENCODER.to_vec(&arguments)?)), "application/json")
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// Reads a body; what has several frames goes into a buffer of the announced length.
async fn read(mut body: Incoming) -> hyper::Result<Bytes> {
    let length = body.size_hint().exact().unwrap_or(0) as usize;
    let mut buffer = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if data.len() == length {
            return Ok(data);
        }
        buffer.reserve_exact(length.saturating_sub(buffer.len()));
        buffer.extend_from_slice(&data);
    }
    Ok(buffer.into())
}

/// The lines of the conformance plugin's stream, one for each frame.
struct Lines {
    text: String,
    left: u64,
}

impl Lines {
    fn new(keywords: &Value) -> Self {
        let bytes = keywords["bytes"].as_u64().unwrap_or(10) as usize;
        // A line has two quotation marks and its end.
        let text = "x".repeat(bytes.saturating_sub(3));
        Self { text, left: keywords["n"].as_u64().unwrap_or(0) }
    }
}

impl Stream for Lines {
    type Item = Result<Frame<Bytes>, universal_worker_json::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(ENCODER.to_vec(&self.text).map(|mut line| {
            line.push(b'\n');
            Frame::data(Bytes::from(line))
        })))
    }
}
