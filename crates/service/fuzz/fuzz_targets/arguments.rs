//! The body of a call, for a plugin with typed arguments and for one with raw ones.

#![no_main]

mod worker;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::schemars::{self, JsonSchema};
use universal_worker_plugin::{Context, Plugin, PluginError};
use universal_worker_service::WorkerService;

use self::worker::{Echo, NoConfig, call, service};

/// Takes arguments of many types, and returns them.
struct Typed;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Args {
    text: String,
    #[serde(default)]
    number: i64,
    #[serde(default)]
    small: u8,
    #[serde(default)]
    float: f64,
    flag: Option<bool>,
    #[serde(default)]
    list: Vec<Item>,
    #[serde(default)]
    map: BTreeMap<String, Vec<f32>>,
    choice: Option<Choice>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Item {
    id: u64,
    pair: Option<(i8, String)>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Unit,
    One(char),
    Fields { a: Option<Box<Item>> },
}

impl Plugin for Typed {
    type Config = NoConfig;
    type Args = Args;
    type Output = Args;

    fn initialize(_config: NoConfig, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, args: Args, _cx: &Context) -> Result<Args, PluginError> {
        Ok(args)
    }
}

static TYPED: LazyLock<WorkerService> = LazyLock::new(service::<Typed>);
static RAW: LazyLock<WorkerService> = LazyLock::new(service::<Echo>);

fuzz_target!(|body: &[u8]| {
    let raw = call(&RAW, request(body));
    raw.check(&[400, 422]);
    let typed = call(&TYPED, request(body));
    typed.check(&[400, 422]);
    // What the plugin with types takes is JSON.
    assert!(typed.status != 200 || raw.status == 200);
});

fn request(body: &[u8]) -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::copy_from_slice(body));
    Request::post("/execute").header("host", "localhost").body(body).unwrap()
}
