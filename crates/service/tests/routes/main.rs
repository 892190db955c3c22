//! The routes, with a class whose methods each test chooses.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod config;
mod drain;
mod extensions;
mod headers;
mod limits;
mod reports;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::Service;
use serde_json::Value;
use universal_worker_plugin::Context;
use universal_worker_plugin::dynamic::{ClassInfo, DynClass, DynInstance, Fault, in_process};
use universal_worker_service::{Builder, WorkerService, background_context};

type Answer = Result<Vec<u8>, Fault>;

/// The methods of a class and its instances.
#[derive(Clone)]
struct Script {
    info: ClassInfo,
    execute: fn(&[u8], &Context) -> Answer,
    extension: fn(Target, &str, &[u8], &Context) -> Answer,
    config: fn() -> Vec<u8>,
}

/// What an extension is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Class,
    Instance,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            info: ClassInfo::new("Scripted", "scripted", "1.0.0"),
            execute: |_, _| Ok(b"null".to_vec()),
            extension: |_, name, _, _| Err(Fault::unknown_extension(name)),
            config: || b"{}".to_vec(),
        }
    }
}

impl DynClass for Script {
    fn info(&self) -> &ClassInfo {
        &self.info
    }

    fn complete_config(&self, config: &[u8]) -> Answer {
        Ok(config.to_vec())
    }

    fn create(&self, _config: &[u8], _cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        Ok(Box::new(Instance(self.clone())))
    }

    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Answer {
        (self.extension)(Target::Class, name, json, cx)
    }
}

struct Instance(Script);

impl DynInstance for Instance {
    fn config(&self) -> Vec<u8> {
        (self.0.config)()
    }

    fn execute(&self, call: &[u8], cx: &Context) -> Answer {
        (self.0.execute)(call, cx)
    }

    fn extension(&self, name: &str, json: &[u8], cx: &Context) -> Answer {
        (self.0.extension)(Target::Instance, name, json, cx)
    }
}

impl Script {
    fn builder(self) -> Builder {
        WorkerService::builder(in_process(Box::new(self), background_context()).unwrap())
    }

    fn serve(self) -> WorkerService {
        self.builder().build()
    }
}

struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }
}

async fn request(service: &WorkerService, method: &str, path: &str, body: &str) -> Response {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
    let (head, body) = Service::call(service, request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Response { status: head.status, headers: head.headers, body }
}
