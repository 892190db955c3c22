//! The headers of a call: who may speak, and what a run takes from them.

#![no_main]

mod worker;

use std::net::IpAddr;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use universal_worker_service::WorkerService;

use self::worker::{Echo, call, service};

#[derive(Debug, Arbitrary)]
struct Header<'a> {
    name: Name,
    /// A usual beginning, so that fewer inputs are refused for that.
    start: Start,
    rest: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
enum Name {
    Host,
    Origin,
    SecFetchSite,
    Accept,
    ContentType,
    ContentEncoding,
    RunId,
    TimeoutMs,
    OnDisconnect,
    RunAccount,
    RunLabel,
    Prefer,
    Traceparent,
    Tracestate,
    Authorization,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Start {
    Nothing,
    Localhost,
    Loopback,
    Ipv6,
    Origin,
    Digits,
    Frames,
    Trace,
    RespondAsync,
    Continue,
}

impl Name {
    fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::SecFetchSite => "sec-fetch-site",
            Self::Accept => "accept",
            Self::ContentType => "content-type",
            Self::ContentEncoding => "content-encoding",
            Self::RunId => "x-run-id",
            Self::TimeoutMs => "x-timeout-ms",
            Self::OnDisconnect => "x-on-disconnect",
            Self::RunAccount => "x-run-account",
            Self::RunLabel => "x-run-label",
            Self::Prefer => "prefer",
            Self::Traceparent => "traceparent",
            Self::Tracestate => "tracestate",
            Self::Authorization => "authorization",
        })
    }
}

impl Start {
    fn text(self) -> &'static [u8] {
        match self {
            Self::Nothing => b"",
            Self::Localhost => b"localhost",
            Self::Loopback => b"127.0.0.1",
            Self::Ipv6 => b"[::1]",
            Self::Origin => b"http://localhost",
            Self::Digits => b"1000",
            Self::Frames => b"application/x-ndjson; profile=frames",
            Self::RespondAsync => b"respond-async",
            Self::Continue => b"continue",
            Self::Trace => b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
    }
}

static SERVICE: LazyLock<WorkerService> = LazyLock::new(service::<Echo>);

fuzz_target!(|headers: Vec<Header<'_>>| {
    let mut request = Request::post("/execute").body(Full::<Bytes>::default()).unwrap();
    for header in &headers {
        let value = [header.start.text(), header.rest].concat();
        let Ok(value) = HeaderValue::from_bytes(&value) else { return };
        request.headers_mut().append(header.name.header(), value);
    }
    let sent = request.headers().clone();
    let reply = call(&SERVICE, request);
    // 503: the queue is full of runs that nobody waits for; 504: one with a deadline of a millisecond.
    reply.check(&[400, 401, 403, 409, 415, 422, 503, 504]);
    let is_run = matches!(reply.status, 200 | 202 | 409 | 422 | 503 | 504);
    if is_run {
        let values = |name| sent.get_all(name).iter().collect::<Vec<_>>();
        let hosts = values("host");
        assert!(hosts.len() == 1 && is_loopback(hosts[0].as_bytes()), "{sent:?}");
        let host = normalized(hosts[0].to_str().unwrap());
        let own = |origin: &&HeaderValue| {
            let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
            origin.strip_prefix("http://").is_some_and(|origin| normalized(origin) == host)
        };
        assert!(values("origin").iter().all(own), "{sent:?}");
    }
});

/// A name in lower case without the dot of the root, or an address, and a port that is not the usual one.
fn normalized(host: &str) -> (String, u16) {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let name = bare.parse::<IpAddr>().map_or(name.clone(), |it| it.to_canonical().to_string());
    (name, port.parse().unwrap_or(80))
}

/// An independent reading of the rule: a loopback name or address, and at most a port behind it.
fn is_loopback(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let (name, rest) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or(("", "?")),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = rest.strip_prefix(':').unwrap_or(if rest.is_empty() { "" } else { "?" });
    let is_port = port.is_empty() || port.parse::<u16>().is_ok_and(|_| !port.starts_with('+'));
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_address = name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    is_port && (is_address || name.eq_ignore_ascii_case("localhost"))
}
