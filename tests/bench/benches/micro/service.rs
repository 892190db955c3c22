//! The run engine and the stream buffer, behind the routes of a service in this program.
//!
//! `/health` costs the same without a run: the difference is the engine with the way to its lane.

use bytes::Bytes;
use conformance::Conformance;
use criterion::{Criterion, Throughput};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::service::Service;
use tokio::runtime::{Builder, Runtime};
use universal_worker_service::WorkerService;

use crate::context::class;

const LINES: u32 = 10_000;

pub(crate) fn run_engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run engine");
    let (runtime, service) = start();
    let body = format!(r#"{{"args":[],"kwargs":{{"text":"{}"}}}}"#, "x".repeat(168));
    for (name, path, body) in [("a call", "/execute", body.as_str()), ("/health", "/health", "")] {
        let body = Bytes::copy_from_slice(body.as_bytes());
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(respond(&service, path, body.clone())));
        });
    }
    group.finish();
}

pub(crate) fn stream_buffer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stream buffer");
    let (runtime, service) = start();
    group.throughput(Throughput::Elements(LINES.into()));
    for bytes in [10, 10_000] {
        let body = Bytes::from(format!(r#"{{"kwargs":{{"n":{LINES},"bytes":{bytes}}}}}"#));
        group.bench_function(format!("{LINES} lines of {bytes} bytes"), |bencher| {
            bencher.iter(|| {
                let length = runtime.block_on(respond(&service, "/execute_stream", body.clone()));
                assert_eq!(length, LINES as usize * bytes);
            });
        });
    }
    group.finish();
}

fn start() -> (Runtime, WorkerService) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let guard = runtime.enter();
    let service = WorkerService::builder(class::<Conformance>()).build();
    drop(guard);
    (runtime, service.without_access_control())
}

/// Returns the length of the body of the response.
async fn respond(service: &WorkerService, path: &str, body: Bytes) -> usize {
    let request = match path {
        "/health" => Request::get(path),
        _ => Request::post(path),
    };
    let response = service.call(request.body(Full::new(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    length
}
