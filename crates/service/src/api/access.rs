//! Access control: web pages in a browser may not use the worker.
//!
//! A browser sends the requests of a page to any address, including loopback, and the owner of a page
//! can point a domain name there (DNS rebinding).
//! `Origin` and `Sec-Fetch-Site` (Fetch Metadata) reveal the former, `Host` the latter.

use std::net::IpAddr;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, header};

use crate::api::error::ApiError;
use crate::peer::PeerChecked;
use crate::settings::{Access, AllowedHosts};

pub(crate) fn check(access: &Access, head: &Parts) -> Result<(), ApiError> {
    if head.extensions.get::<PeerChecked>().is_some() {
        return Ok(());
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.as_bytes(),
        _ => return Err(ApiError::HostHeader),
    };
    check_host(access, host)?;
    if let Some(authority) = head.uri.authority() {
        check_host(access, authority.as_str().as_bytes())?;
    }
    check_origin(access, host, &head.headers)
}

fn check_host(access: &Access, host: &[u8]) -> Result<(), ApiError> {
    let AllowedHosts::LoopbackAnd(allowed) = &access.hosts else { return Ok(()) };
    let not_allowed = || ApiError::HostNotAllowed(String::from_utf8_lossy(host).into_owned());
    let authority = Authority::try_from(host).map_err(|_| not_allowed())?;
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let has_user = authority.as_str().contains('@');
    if !has_user && (is_loopback || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        Ok(())
    } else {
        Err(not_allowed())
    }
}

fn check_origin(access: &Access, host: &[u8], headers: &HeaderMap) -> Result<(), ApiError> {
    let allowed = |origin: &[u8]| {
        let own = origin.strip_prefix(b"http://").is_some_and(|rest| rest == host);
        own || access.origins.iter().any(|known| known.as_bytes() == origin)
    };
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if let Some(origin) = origins.next() {
        // An allowed origin takes precedence over Sec-Fetch-Site.
        let only_one = origins.next().is_none();
        return if only_one && allowed(origin.as_bytes()) {
            Ok(())
        } else {
            Err(ApiError::OriginNotAllowed)
        };
    }
    let sites = headers.get_all("sec-fetch-site");
    if sites.iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")) {
        Ok(())
    } else {
        Err(ApiError::OriginNotAllowed)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    type Header = (&'static str, &'static str);

    fn head(uri: &str, sent: &[Header]) -> Parts {
        let request = sent
            .iter()
            .fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    fn status(access: &Access, uri: &str, sent: &[Header]) -> u16 {
        match check(access, &head(uri, sent)) {
            Ok(()) => 200,
            Err(ApiError::HostHeader) => 400,
            Err(_) => 403,
        }
    }

    #[test]
    fn only_loopback_hosts_and_own_pages_are_allowed() {
        const HOST: Header = ("host", "127.0.0.1:80");
        let cases: [(&str, &[Header], u16); 16] = [
            ("/", &[HOST], 200),
            ("/", &[("host", "localhost")], 200),
            ("/", &[("host", "LOCALHOST:1")], 200),
            ("/", &[("host", "[::1]:1")], 200),
            ("/", &[("host", "127.8.9.1")], 200),
            ("/", &[], 400),
            ("/", &[HOST, HOST], 400),
            ("/", &[("host", "evil.example")], 403),
            ("/", &[("host", "localhost.evil.example")], 403),
            ("/", &[("host", "127.0.0.1@evil.example")], 403),
            ("http://evil.example/", &[HOST], 403),
            ("/", &[HOST, ("origin", "http://127.0.0.1:80")], 200),
            ("/", &[HOST, ("origin", "http://evil.example")], 403),
            ("/", &[HOST, ("origin", "null")], 403),
            ("/", &[HOST, ("sec-fetch-site", "cross-site")], 403),
            ("/", &[HOST, ("sec-fetch-site", "none")], 200),
        ];
        for (uri, sent, expected) in cases {
            assert_eq!(status(&Access::loopback(), uri, sent), expected, "{uri} {sent:?}");
        }
    }

    #[test]
    fn allowed_hosts_and_origins_are_served() {
        let access = Access::loopback().allow_host("box").allow_origin("https://page.example");
        assert_eq!(status(&access, "/", &[("host", "box:8080")]), 200);
        let page =
            [("host", "box"), ("origin", "https://page.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(status(&access, "/", &page), 200);
        assert_eq!(status(&Access::any_host(), "/", &[("host", "whatever")]), 200);
    }

    #[test]
    fn requests_from_a_unix_socket_need_no_host() {
        let mut head = head("/", &[("origin", "http://evil.example")]);
        check(&Access::loopback(), &head).unwrap_err();
        head.extensions.insert(PeerChecked);
        check(&Access::loopback(), &head).unwrap();
    }
}
