//! Every route, with every method, is closed to requests that are not admitted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower_service::Service;
use universal_worker_plugin::Context;
use universal_worker_plugin::dynamic::{ClassInfo, DynClass, DynInstance, Fault, in_process};

use crate::api::routes;
use crate::background::background_context;
use crate::{Access, AccessControl, WorkerService};

const METHODS: [&str; 11] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "BREW"];

/// Counts the calls of its code.
#[derive(Clone)]
struct Counting {
    info: ClassInfo,
    calls: Arc<AtomicUsize>,
}

impl Counting {
    fn called(&self) -> Result<Vec<u8>, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(b"{}".to_vec())
    }
}

impl DynClass for Counting {
    fn info(&self) -> &ClassInfo {
        &self.info
    }

    fn complete_config(&self, _config: &[u8]) -> Result<Vec<u8>, Fault> {
        self.called()
    }

    fn create(&self, _config: &[u8], _cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
        self.called()?;
        Ok(Box::new(self.clone()))
    }

    fn config_options(&self, _config: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        self.called()
    }

    fn extension(&self, _name: &str, _json: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        self.called()
    }
}

impl DynInstance for Counting {
    fn config(&self) -> Vec<u8> {
        b"{}".to_vec()
    }

    fn execute(&self, _call: &[u8], _cx: &Context) -> Result<Vec<u8>, Fault> {
        self.called()
    }
}

/// A service, and the number of calls of its plugin's code.
fn counting() -> (WorkerService, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let info = ClassInfo::new("Counting", "counting", "1.0.0");
    let class = Counting { info, calls: Arc::clone(&calls) };
    let class = in_process(Box::new(class), background_context()).unwrap();
    let service = WorkerService::builder(class).build();
    // Opening a class may ask it for its first config.
    calls.store(0, Ordering::Relaxed);
    (service, calls)
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
    request.body(Full::from("{}")).unwrap()
}

/// Status, headers and `code` of a response.
async fn respond<S>(service: &mut S, request: Request<Full<Bytes>>) -> (u16, HeaderMap, Value)
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<crate::Body>>,
    S::Error: std::fmt::Debug,
{
    let (head, body) = service.call(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let has_content = head.status != http::StatusCode::NO_CONTENT;
    let body: Value =
        if has_content { serde_json::from_slice(&body).unwrap() } else { Value::Null };
    (head.status.as_u16(), head.headers, body["code"].clone())
}

const HOST: (&str, &str) = ("host", "localhost");

#[tokio::test]
async fn a_refused_request_calls_no_plugin_whatever_its_route() {
    let (service, calls) = counting();
    let access = Access::loopback().require_token("c2VjcmV0");
    let mut guarded = AccessControl::new(service.without_access_control(), access);
    let mut bare = service.clone();
    for (headers, status, code) in [
        (&[("host", "evil.example")][..], 403, "host_refused"),
        (&[HOST, ("origin", "http://evil.example")], 403, "origin_refused"),
        (&[HOST, ("sec-fetch-site", "cross-site")], 403, "origin_refused"),
        (&[HOST], 401, "token"),
        (&[HOST, ("authorization", "Bearer wrong")], 401, "token"),
    ] {
        for path in routes::paths().chain(["/nowhere", "*"]) {
            for method in METHODS {
                let is_read = matches!(method, "GET" | "HEAD");
                let is_open =
                    matches!(path, "/health" | "/live" | "/ready") && is_read && status == 401;
                let (got, sent, said) = respond(&mut guarded, request(method, path, headers)).await;
                let expected = if is_open { (200, Value::Null) } else { (status, code.into()) };
                assert_eq!((got, said), expected, "{method} {path} {headers:?}");
                let asks = sent.get("www-authenticate").is_some_and(|value| value == "Bearer");
                assert_eq!(asks, got == 401, "{method} {path}");
                if status == 403 {
                    let (got, ..) = respond(&mut bare, request(method, path, headers)).await;
                    assert_eq!(got, 403, "{method} {path} {headers:?}");
                }
            }
        }
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    let admitted = request("POST", "/execute", &[HOST, ("authorization", "Bearer c2VjcmV0")]);
    assert_eq!(respond(&mut guarded, admitted).await.0, 200);
    assert!(calls.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn no_response_grants_anything_to_a_page() {
    let (mut service, _) = counting();
    for path in routes::paths().chain(["/nowhere", "*"]) {
        for method in METHODS {
            let preflight = [
                HOST,
                ("origin", "http://localhost"),
                ("access-control-request-method", "POST"),
                ("access-control-request-private-network", "true"),
            ];
            let (status, headers, _) =
                respond(&mut service, request(method, path, &preflight)).await;
            let grants = |name: &http::HeaderName| name.as_str().starts_with("access-control");
            assert!(!headers.keys().any(grants), "{method} {path}: {headers:?}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{method} {path}");
            assert_eq!(headers["cache-control"], "no-store", "{method} {path}");
            assert_eq!(headers.get("server"), None);
            if method == "OPTIONS" && path != "/nowhere" {
                assert_eq!(status, 405, "{path}");
                assert!(headers.contains_key("allow"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_handle_without_access_control_admits_everything() {
    let (service, _) = counting();
    let mut service = service.without_access_control();
    let (status, ..) = respond(&mut service, request("POST", "/execute", &[])).await;
    assert_eq!(status, 200);
}

#[test]
fn only_the_state_of_the_worker_is_open() {
    let open: Vec<_> = routes::paths().filter(|path| routes::is_open(&Method::GET, path)).collect();
    assert_eq!(open, ["/health", "/live", "/ready"]);
    assert!(!routes::is_open(&Method::POST, "/health"));
}
