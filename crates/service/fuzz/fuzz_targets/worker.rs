//! A service with a plugin of this program, and calls of it.

#![allow(dead_code, reason = "each target uses a part of it")]

use std::convert::Infallible;
use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;
use universal_worker_plugin::schemars::{self, JsonSchema};
use universal_worker_plugin::{Context, Plugin, PluginError, RawArgs, in_process};
use universal_worker_service::{WorkerService, background_context};

/// Returns its arguments as they are.
pub struct Echo;

#[derive(Serialize, serde::Deserialize, JsonSchema)]
pub struct NoConfig {}

#[derive(Serialize, JsonSchema)]
pub struct Count {
    args: usize,
    kwargs: usize,
}

impl Plugin for Echo {
    type Config = NoConfig;
    type Args = RawArgs;
    type Output = Count;

    fn initialize(_config: NoConfig, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: RawArgs, _cx: &Context) -> Result<Count, PluginError> {
        Ok(Count { args: args.args.len(), kwargs: args.kwargs.iter().count() })
    }
}

pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

pub fn service<P: Plugin>() -> WorkerService {
    let class = in_process::<P>(background_context()).unwrap();
    WorkerService::builder(class).build()
}

/// A response that was read to its end.
pub struct Reply {
    pub status: u16,
    pub is_json: bool,
    pub body: Bytes,
}

/// Calls the service without a connection.
pub fn call(service: &WorkerService, request: Request<Full<Bytes>>) -> Reply {
    let mut service = service.clone();
    RUNTIME.block_on(async move {
        let response =
            service.call(request).await.unwrap_or_else(|never: Infallible| match never {});
        let (head, body) = response.into_parts();
        let is_json = head.headers.get("content-type").is_some_and(|it| it == "application/json");
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: head.status.as_u16(), is_json, body }
    })
}

impl Reply {
    /// Fails unless it is a success, or one of these errors with a `detail`.
    pub fn check(&self, errors: &[u16]) {
        // 202: a run whose result is kept.
        if matches!(self.status, 200 | 202) {
            return;
        }
        assert!(errors.contains(&self.status), "{} {:?}", self.status, self.body);
        assert!(self.is_json, "{:?}", self.body);
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
    }
}
