//! The server that the worker is compared with: only hyper and the same JSON.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// The argument that runs this program as the bare server.
pub(crate) const SUBCOMMAND: &str = "serve-bare";

/// Serves on any free port, which it announces like the worker, until it is killed.
pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
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
) -> Result<Response<Either<Full<Bytes>, Lines>>, Box<dyn Error + Send + Sync>> {
    let is_stream = request.uri().path() == "/execute_stream";
    let body = request.into_body().collect().await?.to_bytes();
    let arguments: Value = serde_json::from_slice(&body)?;
    let (body, kind) = if is_stream {
        let end = arguments["kwargs"]["n"].as_u64().unwrap_or(0);
        (Either::Right(Lines { next: 0, end }), "application/x-ndjson")
    } else {
        (Either::Left(Full::from(serde_json::to_vec(&arguments)?)), "application/json")
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// The lines of the conformance plugin's stream, one per frame.
struct Lines {
    next: u64,
    end: u64,
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.next == self.end {
            return Poll::Ready(None);
        }
        let line = format!("{{\"i\":{},\"text\":\"é\"}}\n", self.next);
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(line)))))
    }
}
