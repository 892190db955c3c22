//! The rules, as tables.

use http::{Method, Request};

use super::*;

type Header = (&'static str, &'static str);

fn request(method: Method, uri: &str, sent: &[Header]) -> Request<()> {
    let request = Request::builder().method(method).uri(uri);
    let request = sent.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

fn status(access: &Access, uri: &str, sent: &[Header]) -> u16 {
    match access.check(&request(Method::GET, uri, sent)) {
        Ok(()) => 200,
        Err(error) => error.into_response::<bytes::Bytes>().status().as_u16(),
    }
}

#[test]
fn only_loopback_hosts_are_allowed() {
    for host in [
        "localhost",
        "LOCALHOST:1",
        "localhost.",
        "localhost.:65535",
        "localhost:",
        "127.0.0.1:80",
        "127.0.0.1.",
        "127.8.9.1",
        "[::1]",
        "[::1]:1",
        "[0:0:0:0:0:0:0:1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        assert_eq!(status(&Access::loopback(), "/", &[("host", host)]), 200, "{host}");
    }
    for host in [
        "",
        ".",
        ":80",
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "evil.localhost",
        "localhost..",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",
        "[::]",
        "::1",
        "[::1",
        "[::1]80",
        "[::1%25lo]",
        "[::ffff:10.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "localhost:65536",
        "localhost:80:80",
        "localhost:+80",
        "localhost:x",
        "localhost@evil.example",
        "evil.example@localhost",
        "user:pass@localhost",
        "localhost/",
        "localhost#",
        "localhost, evil.example",
        "localhost evil.example",
        "local%68ost",
        "localhost%00",
        "http://localhost",
    ] {
        assert_eq!(status(&Access::loopback(), "/", &[("host", host)]), 403, "{host}");
    }
}

#[test]
fn the_host_is_named_exactly_once() {
    const HOST: Header = ("host", "127.0.0.1:80");
    for (uri, sent, expected) in [
        ("/", &[][..], 400),
        ("/", &[HOST, HOST], 400),
        ("/", &[HOST, ("host", "evil.example")], 400),
        ("http://127.0.0.1/", &[HOST], 200),
        ("http://127.0.0.1:80/", &[HOST], 200),
        ("http://127.0.0.1/", &[], 400),
        ("http://localhost/", &[HOST], 400),
        ("http://127.0.0.1:81/", &[HOST], 400),
        ("http://evil.example/", &[HOST], 403),
        ("http://evil.example/", &[("host", "evil.example")], 403),
        ("http://x@127.0.0.1/", &[HOST], 403),
        ("127.0.0.1:80", &[HOST], 200),
        ("evil.example:80", &[HOST], 403),
    ] {
        assert_eq!(status(&Access::loopback(), uri, sent), expected, "{uri} {sent:?}");
    }
    let mut two = request(Method::GET, "http://localhost/", &[]);
    *two.version_mut() = Version::HTTP_2;
    Access::loopback().check(&two).unwrap();
}

#[test]
fn pages_of_other_origins_are_refused() {
    for (sent, expected) in [
        (&[("origin", "http://127.0.0.1:8080")][..], 200),
        (&[("origin", "HTTP://127.0.0.1:8080")], 200),
        (&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")], 200),
        (&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")], 403),
        (&[("origin", "http://127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")], 403),
        (&[("origin", "http://127.0.0.1:8081")], 403),
        (&[("origin", "http://127.0.0.1")], 403),
        (&[("origin", "http://localhost:8080")], 403),
        (&[("origin", "https://127.0.0.1:8080")], 403),
        (&[("origin", "http://evil.example")], 403),
        (&[("origin", "http://127.0.0.1:8080.evil.example")], 403),
        (&[("origin", "http://127.0.0.1:8080, http://evil.example")], 403),
        (&[("origin", "http://127.0.0.1:8080/")], 403),
        (&[("origin", "file://")], 403),
        (&[("origin", "chrome-extension://abcdef")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "")], 403),
        (&[("sec-fetch-site", "none")], 200),
        (&[("sec-fetch-site", "same-origin")], 200),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "")], 403),
    ] {
        let sent = [&[("host", "127.0.0.1:8080")], sent].concat();
        assert_eq!(status(&Access::loopback(), "/", &sent), expected, "{sent:?}");
    }
}

#[test]
fn allowed_hosts_and_origins_are_served() {
    let access = Access::loopback()
        .allow_host("box.")
        .allow_host("10.0.0.1:80")
        .allow_host("fe80::1")
        .allow_origin("https://Page.example/")
        .allow_origin("null");
    for (host, expected) in [
        ("box:8080", 200),
        ("BOX.", 200),
        ("10.0.0.1", 200),
        ("[fe80:0::1]:1", 200),
        ("localhost", 200),
        ("box.example", 403),
        ("10.0.0.2", 403),
    ] {
        assert_eq!(status(&access, "/", &[("host", host)]), expected, "{host}");
    }
    for (origin, expected) in [
        ("https://page.example", 200),
        ("https://page.example:443", 200),
        ("http://page.example", 403),
        ("https://page.example:444", 403),
        ("http://box", 200),
        ("null", 403),
    ] {
        let sent = [("host", "box"), ("origin", origin), ("sec-fetch-site", "cross-site")];
        // Only an allowed page may be of another site.
        let sent = if origin == "http://box" { &sent[..2] } else { &sent[..] };
        assert_eq!(status(&access, "/", sent), expected, "{origin}");
    }
}

#[test]
fn behind_a_proxy_the_own_page_may_be_of_https() {
    for (host, origin, expected) in [
        ("my.host", "https://my.host", 200),
        ("my.host:443", "https://my.host", 200),
        ("my.host:8443", "https://my.host:8443", 200),
        ("my.host", "http://my.host", 200),
        ("my.host:80", "https://my.host", 403),
        ("my.host", "https://evil.example", 403),
        ("my.host", "ftp://my.host", 403),
        ("my host", "https://my.host", 403),
    ] {
        let sent = [("host", host), ("origin", origin), ("sec-fetch-site", "same-origin")];
        assert_eq!(status(&Access::any_host(), "/", &sent), expected, "{host} {origin}");
    }
    assert_eq!(status(&Access::any_host(), "/", &[("host", "my host")]), 200);
    assert_eq!(status(&Access::any_host(), "/", &[]), 400);
    let page =
        [("host", "a"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(status(&Access::any_host().any_origin(), "/", &page), 200);
}

#[test]
fn the_token_is_checked_last() {
    const HOST: Header = ("host", "localhost");
    const TOKEN: Header = ("authorization", "Bearer c2VjcmV0");
    let access = Access::loopback().require_token("c2VjcmV0");
    for (uri, sent, expected) in [
        ("/execute", &[HOST][..], 401),
        ("/nowhere", &[HOST], 401),
        ("/execute", &[HOST, TOKEN], 200),
        ("/execute", &[("host", "evil.example")], 403),
        ("/execute", &[HOST, ("origin", "http://evil.example"), TOKEN], 403),
        ("/health", &[HOST], 200),
        ("/ready?x", &[HOST], 200),
        ("/health", &[("host", "evil.example")], 403),
        ("/health/", &[HOST], 401),
        ("//health", &[HOST], 401),
        ("/HEALTH", &[HOST], 401),
        ("/%68ealth", &[HOST], 401),
    ] {
        assert_eq!(status(&access, uri, sent), expected, "{uri} {sent:?}");
    }
    let unix = access.for_unix_socket();
    assert_eq!(status(&unix, "/execute", &[("host", "evil.example")]), 401);
    assert_eq!(status(&unix, "/execute", &[("host", "evil.example"), TOKEN]), 200);
}

#[test]
fn a_remote_server_is_reached_by_its_addresses() {
    let remote = Access::loopback().allow_addresses();
    for (host, expected) in [
        ("192.0.2.7:80", 200),
        ("[2001:db8::7]", 200),
        ("localhost", 200),
        ("box", 403),
        ("0.0.0.0", 403),
        ("[::]:80", 403),
        ("[::ffff:0.0.0.0]", 403),
    ] {
        assert_eq!(status(&remote, "/", &[("host", host)]), expected, "{host}");
    }
}

#[test]
fn requests_from_a_unix_socket_need_no_host() {
    let unix = Access::loopback().for_unix_socket();
    for sent in [&[][..], &[("host", "a"), ("host", "b")], &[("host", "evil.example")]] {
        assert_eq!(status(&Access::loopback(), "/", sent) / 100, 4, "{sent:?}");
        assert_eq!(status(&unix, "/", sent), 200, "{sent:?}");
    }
    assert_eq!(status(&unix, "http://evil.example/", &[("host", "a")]), 200);
}
