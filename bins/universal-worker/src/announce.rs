//! The one line on stdout that tells the host where the worker is, or why it is not.

use std::io;
use std::io::Write;
use std::net::SocketAddr;

use serde::Serialize;
use universal_worker_loader::ClassInfo;
use universal_worker_loader::INTERFACE;

use crate::failure::Failure;

/// The version of the announcement; readers ignore keys that they do not know.
const PROTO: u32 = 1;

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Announcement<'a> {
    Ready {
        proto: u32,
        pid: u32,
        url: String,
        uds: Option<String>,
        class: &'a str,
        name: &'a str,
        version: &'a str,
        abi: &'a str,
        worker: &'a str,
    },
    Failed {
        proto: u32,
        pid: u32,
        stage: &'a str,
        code: u8,
        message: String,
        hint: String,
    },
}

impl<'a> Announcement<'a> {
    pub(crate) fn ready(address: SocketAddr, class: &'a ClassInfo) -> Self {
        Self::Ready {
            proto: PROTO,
            pid: std::process::id(),
            url: format!("http://{address}"),
            uds: None,
            class: &class.class,
            name: &class.name,
            version: &class.version,
            abi: INTERFACE,
            worker: env!("CARGO_PKG_VERSION"),
        }
    }

    pub(crate) fn failed(failure: &Failure) -> Self {
        let (code, stage, hint) = failure.told();
        let message = failure.message();
        Self::Failed { proto: PROTO, pid: std::process::id(), stage, code, message, hint }
    }
}

pub(crate) fn tell(announcement: &Announcement<'_>) {
    if let Ok(line) = serde_json::to_string(announcement) {
        write_line(&line);
    }
}

/// Writes to stdout; a host that closed it does not want to know.
pub(crate) fn write_line(text: &str) {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(b"\n"));
    let _ = written.and_then(|()| stdout.flush());
}
