//! Requests as bytes, and the statuses of their responses: access, targets and bodies.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::Worker;
use crate::support::raw::read_some;

/// Far longer than a response takes.
const LONG: Duration = Duration::from_secs(20);

/// The start of a request, up to its status and the code in its body; an empty code stands for an
/// empty body, which hyper sends when it cannot parse the request.
type Row = (&'static [u8], u16, &'static str);

/// A code for a response that is no error.
const OK: &str = "-";

const HEADS: [Row; 44] = [
    (b"GET /health HTTP/1.1\r\nHost: localhost", 200, OK),
    (b"GET /health HTTP/1.0\r\nHost: 127.0.0.1:1", 200, OK),
    (b"GET /health HTTP/1.1\r\nHost: LOCALHOST.", 200, OK),
    (b"GET /health HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:80", 200, OK),
    (b"GET http://localhost/health HTTP/1.1\r\nHost: localhost:80", 200, OK),
    (b"GET /health HTTP/1.1", 400, "bad_request"),
    (b"GET /health HTTP/1.0", 400, "bad_request"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 400, "bad_request"),
    (b"GET http://127.0.0.1/health HTTP/1.1\r\nHost: localhost", 400, "bad_request"),
    (b"GET localhost:80 HTTP/1.1\r\nHost: localhost", 400, "bad_request"),
    (b"GET /health HTTP/1.1\r\nHost: evil.example", 403, "host_refused"),
    (b"GET /health HTTP/1.1\r\nHost:", 403, "host_refused"),
    (b"GET /health HTTP/1.1\r\nHost: a@localhost", 403, "host_refused"),
    (b"GET /health HTTP/1.1\r\nHost: localhost:65536", 403, "host_refused"),
    (b"GET /health HTTP/1.1\r\nHost: local\xffhost", 403, "host_refused"),
    (b"GET /health HTTP/1.1\r\nHost: 0.0.0.0", 403, "host_refused"),
    (b"GET http://evil.example/health HTTP/1.1\r\nHost: localhost", 403, "host_refused"),
    (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443", 403, "host_refused"),
    (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443", 405, "method_not_allowed"),
    (b"OPTIONS * HTTP/1.1\r\nHost: localhost", 405, "method_not_allowed"),
    (b"OPTIONS /execute HTTP/1.1\r\nHost: localhost", 405, "method_not_allowed"),
    (b"TRACE /execute HTTP/1.1\r\nHost: localhost", 405, "method_not_allowed"),
    (b"post /execute HTTP/1.1\r\nHost: localhost", 405, "method_not_allowed"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: null", 403, "origin_refused"),
    (
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:81",
        403,
        "origin_refused",
    ),
    (
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site",
        403,
        "origin_refused",
    ),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost", 200, OK),
    (b"GET /execute%00 HTTP/1.1\r\nHost: localhost", 404, "not_found"),
    (b"GET //health HTTP/1.1\r\nHost: localhost", 404, "not_found"),
    (b"GET /../health HTTP/1.1\r\nHost: localhost", 404, "not_found"),
    (b"GET /runs/%ff HTTP/1.1\r\nHost: localhost", 404, "unknown_run"),
    (b"GET /progress?run_id=%00%ff HTTP/1.1\r\nHost: localhost", 404, "unknown_run"),
    (b"GET /\xff HTTP/1.1\r\nHost: localhost", 400, ""),
    (b"GET /a b HTTP/1.1\r\nHost: localhost", 400, ""),
    (b"G\0T /health HTTP/1.1\r\nHost: localhost", 400, ""),
    (b"GET /health HTTP/2.0\r\nHost: localhost", 400, ""),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: \0", 400, ""),
    (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1", 400, ""),
    (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 2", 400, ""),
    (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551616", 400, ""),
    (
        b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9223372036854775807",
        413,
        "too_large",
    ),
    (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2001", 413, "too_large"),
    (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip", 400, ""),
    (
        b"POST /execute HTTP/1.1\r\nHost: localhost\r\nX-Timeout-Ms: 1\r\nX-Timeout-Ms: 1",
        400,
        "bad_header",
    ),
];

const CHUNKED: [(&str, &str, u16, &str); 8] = [
    ("Transfer-Encoding: Chunked", "2\r\n{}\r\n0\r\n\r\n", 200, OK),
    ("Transfer-Encoding: gzip, chunked", "2\r\n{}\r\n0\r\n\r\n", 501, "transfer_encoding"),
    ("Transfer-Encoding: chunked, chunked", "2\r\n{}\r\n0\r\n\r\n", 501, "transfer_encoding"),
    (
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "2\r\n{}\r\n0\r\n\r\n",
        501,
        "transfer_encoding",
    ),
    (
        "Transfer-Encoding: chunked\r\nContent-Encoding: gzip",
        "2\r\n{}\r\n0\r\n\r\n",
        415,
        "content_encoding",
    ),
    ("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n", 400, "incomplete_body"),
    ("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFF\r\n", 400, "incomplete_body"),
    ("Transfer-Encoding: chunked", "2\r\n[]\r\n0\r\n\r\n", 422, "bad_arguments"),
];

/// Bodies of `/execute`.
const BODIES: [Row; 24] = [
    (b"\xef\xbb\xbf{}", 200, OK),
    (b"\xef\xbb\xbf", 200, OK),
    (b"{\"args\":null,\"kwargs\":null}", 200, OK),
    (b"{\"args\":[1],\"args\":[2]}", 200, OK),
    (b"{\"args\":[-0,1e300,123456789012345678901234567890]}", 200, OK),
    (b"{\"args\":[\"\\u0000\\ud83d\\ude00\"]}", 200, OK),
    (b"\xff\xfe{\0}\0", 400, "bad_json"),
    (b"{\0}\0", 400, "bad_json"),
    (b"\0{\0}", 400, "bad_json"),
    (b"\xef\xbb\xbf\xef\xbb\xbf{}", 400, "bad_json"),
    (b"\x1f\x8b\x08\0", 400, "bad_json"),
    (b"{\"args\":[\"\xff\"]}", 400, "bad_json"),
    (b"{\"args\":[\"\xed\xb3\xa9\"]}", 400, "bad_json"),
    (b"{\"args\":[\"\0\"]}", 400, "bad_json"),
    (b"{\"args\":[01]}", 400, "bad_json"),
    (b"{\"args\":[NaN]}", 400, "bad_json"),
    (b"{'args':[]}", 400, "bad_json"),
    (b"{}{}", 400, "bad_json"),
    (b"{", 400, "bad_json"),
    (b"\x0c{}", 400, "bad_json"),
    (b"null", 422, "bad_arguments"),
    (b"\"x\"", 422, "bad_arguments"),
    (b"{\"args\":{}}", 422, "bad_arguments"),
    (b"{\"args\":null,\"kwargs\":[]}", 422, "bad_arguments"),
];

async fn small() -> Worker {
    Worker::start("Conformance", &["--max-body", "2000"]).await
}

/// The status of the response to `request`, and its body.
fn exchange(worker: &Worker, request: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", worker.port())).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(request).unwrap();
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = read_some(&mut stream, &mut buffer).unwrap();
        received.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(count > 0, "no response to {}", String::from_utf8_lossy(request));
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            assert!(!head.to_ascii_lowercase().contains("text/plain"), "{head}");
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, body.as_bytes().to_vec());
        }
    }
}

#[track_caller]
fn check(worker: &Worker, request: &[u8], status: u16, code: &str) {
    let (got, body) = exchange(worker, request);
    let request = String::from_utf8_lossy(request);
    let text = String::from_utf8_lossy(&body);
    assert_eq!(got, status, "{request}: {text}");
    if code.is_empty() {
        assert_eq!(text, "", "{request}");
        return;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{request}: {text}"));
    if code != OK {
        assert_eq!(body["code"], code, "{request}: {text}");
        assert!(body["detail"].is_string(), "{request}: {text}");
    }
}

#[tokio::test]
async fn hosts_origins_targets_and_lengths_have_their_statuses() {
    let worker = small().await;
    for (head, status, code) in HEADS {
        check(&worker, &[head, b"\r\n\r\n"].concat(), status, code);
    }
}

#[tokio::test]
async fn a_body_in_chunks_has_no_other_coding() {
    let worker = small().await;
    for (headers, body, status, code) in CHUNKED {
        let head = format!("POST /execute HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{body}");
        check(&worker, head.as_bytes(), status, code);
    }
    let large = format!("7d1\r\n{}\r\n0\r\n\r\n", "x".repeat(2001));
    let head = "POST /execute HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(&worker, format!("{head}{large}").as_bytes(), 413, "too_large");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_an_error_of_the_client() {
    let worker = small().await;
    let post = |path: &str, body: &[u8]| {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}");
        [head.as_bytes(), b"\r\n\r\n", body].concat()
    };
    for (body, status, code) in BODIES {
        check(&worker, &post("/execute", body), status, code);
        for (path, allowed) in [
            ("/execute_stream", &[200, 400, 422][..]),
            ("/initialize", &[200, 400]),
            ("/cancel", &[200, 400, 422]),
            ("/task", &[400, 404]),
        ] {
            let (status, _) = exchange(&worker, &post(path, body));
            assert!(allowed.contains(&status), "{path} {}: {status}", body.escape_ascii());
        }
    }
    let deep = |depth: usize| format!("{{\"args\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(exchange(&worker, &post("/execute", deep(127).as_bytes())).0, 200);
    for path in ["/execute", "/execute_stream", "/initialize", "/cancel"] {
        check(&worker, &post(path, deep(128).as_bytes()), 400, "bad_json");
    }
    let marked = [b"\xef\xbb\xbf".as_slice(), b"{nope"].concat();
    let (_, body) = exchange(&worker, &post("/execute", &marked));
    assert!(String::from_utf8_lossy(&body).contains("line 1 column 2"), "{body:?}");
}
