//! Values that a plugin emits, valid or not, as the lines of a stream.

#![no_main]

mod worker;

use std::sync::{LazyLock, Mutex};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use universal_worker_plugin::{Context, Plugin, PluginError, RawArgs};
use universal_worker_service::WorkerService;

use self::worker::{NoConfig, call, service};

/// Emits what [`VALUES`] has.
struct Emitter;

static VALUES: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

impl Plugin for Emitter {
    type Config = NoConfig;
    type Args = RawArgs;
    type Output = ();

    fn initialize(_config: NoConfig, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self)
    }

    fn execute(&self, _args: RawArgs, _cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }

    fn execute_stream(&self, _args: RawArgs, cx: &Context) -> Result<(), PluginError> {
        let values = VALUES.lock().unwrap().clone();
        values.iter().try_for_each(|value| cx.emit_json(value))
    }
}

static SERVICE: LazyLock<WorkerService> = LazyLock::new(service::<Emitter>);

/// What some reader of text takes for the end of a line.
const LINE_ENDS: [char; 9] =
    ['\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

// The first byte says whether frames are requested, a null byte ends a value.
fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    let values: Vec<_> = data.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    VALUES.lock().unwrap().clone_from(&values);
    let is_framed = choice % 2 == 1;
    let reply = call(&SERVICE, request(is_framed));
    assert_eq!(reply.status, 200);
    let body = std::str::from_utf8(&reply.body).expect("a stream is UTF-8");
    let is_valid = |value: &Vec<u8>| serde_json::from_slice::<Value>(value).is_ok();
    let lines: Vec<_> = body.split_terminator('\n').collect();
    if values.iter().all(is_valid) {
        assert!(body.ends_with('\n'), "{body:?}");
        assert_eq!(lines.len(), values.len() + usize::from(is_framed), "{body:?}");
        for (line, value) in lines.iter().zip(&values) {
            assert!(!line.contains(LINE_ENDS), "{line:?}");
            check(line, value, is_framed);
        }
    } else {
        // Whatever else a plugin emits, it cannot add to the lines.
        assert!(lines.len() <= values.len() + 1, "{body:?}");
    }
});

/// The line is the value.
fn check(line: &str, value: &[u8], is_framed: bool) {
    let line: Value = serde_json::from_str(line).unwrap();
    let value: Value = serde_json::from_slice(value).unwrap();
    assert_eq!(if is_framed { &line["chunk"] } else { &line }, &value);
}

fn request(is_framed: bool) -> Request<Full<Bytes>> {
    let mut request = Request::post("/execute_stream").header("host", "localhost");
    if is_framed {
        request = request.header("accept", "application/x-ndjson; profile=frames");
    }
    request.body(Full::default()).unwrap()
}
