//! The response to `/health`.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use universal_worker_abi::ClassInfo;

use crate::encode;

/// The texts of the response, which are constant as long as the process lives.
#[derive(Debug)]
pub(crate) struct Health {
    running: Bytes,
    draining: Bytes,
}

#[derive(Serialize)]
struct HealthBody<'a> {
    status: &'static str,
    pid: u32,
    name: &'a str,
    version: &'a str,
    #[serde(flatten)]
    extra: &'a Map<String, Value>,
}

/// The members that every worker has.
const OWN: [&str; 4] = ["status", "pid", "name", "version"];

impl Health {
    /// With further members, unless they have the name of an own one.
    pub(crate) fn new(info: &ClassInfo, mut extra: Map<String, Value>) -> Self {
        extra.retain(|name, _| !OWN.contains(&name.as_str()));
        let text = |status| {
            let (pid, name, version) = (std::process::id(), &*info.name, &*info.version);
            encode::to_vec(&HealthBody { status, pid, name, version, extra: &extra }).into()
        };
        Self { running: text("running"), draining: text("draining") }
    }

    pub(crate) fn text(&self, is_draining: bool) -> Bytes {
        if is_draining { self.draining.clone() } else { self.running.clone() }
    }
}
