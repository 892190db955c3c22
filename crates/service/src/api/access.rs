//! Who may speak: a page in a browser may not drive the worker.
//!
//! A browser sends a page's requests to any address, loopback included, and a page's owner can let
//! a name of theirs point there (DNS rebinding).
//! `Host` tells the latter, `Origin` and `Sec-Fetch-Site` (Fetch Metadata) the former.

use std::net::IpAddr;

use http::HeaderMap;
use http::Uri;
use http::header;
use http::uri::Authority;

use crate::http::error::HttpError;
use crate::settings::Access;
use crate::settings::Hosts;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Whoever reached the address, a browser for instance.
    #[default]
    Anybody,
    /// A process of the user that the socket is for; no browser opens such a socket.
    OfTheUser,
    /// A process of another user.
    Stranger,
}

pub(crate) fn check(
    peer: Peer,
    access: &Access,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), HttpError> {
    match peer {
        Peer::Anybody => {}
        Peer::OfTheUser => return Ok(()),
        Peer::Stranger => return Err(HttpError::OtherUser),
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.as_bytes(),
        _ => return Err(HttpError::HostHeader),
    };
    check_host(access, host)?;
    if let Some(authority) = uri.authority() {
        check_host(access, authority.as_str().as_bytes())?;
    }
    check_origin(access, host, headers)
}

fn check_host(access: &Access, host: &[u8]) -> Result<(), HttpError> {
    let Hosts::LoopbackAnd(allowed) = &access.hosts else { return Ok(()) };
    let foreign = || HttpError::ForeignHost(String::from_utf8_lossy(host).into_owned());
    let authority = Authority::try_from(host).map_err(|_| foreign())?;
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let has_user = authority.as_str().contains('@');
    if !has_user && (is_loopback || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        Ok(())
    } else {
        Err(foreign())
    }
}

fn check_origin(access: &Access, host: &[u8], headers: &HeaderMap) -> Result<(), HttpError> {
    let allowed = |origin: &[u8]| {
        let own = origin.strip_prefix(b"http://").is_some_and(|rest| rest == host);
        own || access.origins.iter().any(|known| known.as_bytes() == origin)
    };
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if let Some(origin) = origins.next() {
        // An origin that is allowed says more than the site it comes from.
        let only_one = origins.next().is_none();
        return if only_one && allowed(origin.as_bytes()) {
            Ok(())
        } else {
            Err(HttpError::ForeignOrigin)
        };
    }
    let sites = headers.get_all("sec-fetch-site");
    if sites.iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")) {
        Ok(())
    } else {
        Err(HttpError::ForeignOrigin)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use http::HeaderValue;

    use super::*;

    type Header = (&'static str, &'static str);

    fn status(access: &Access, uri: &str, sent: &[Header]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        match check(Peer::Anybody, access, &uri.parse().unwrap(), &headers) {
            Ok(()) => 200,
            Err(HttpError::HostHeader) => 400,
            Err(_) => 403,
        }
    }

    #[test]
    fn only_loopback_hosts_and_own_pages_are_served() {
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
    fn what_the_operator_allows_is_served() {
        let access = Access::loopback().allow_host("box").allow_origin("https://page.example");
        assert_eq!(status(&access, "/", &[("host", "box:8080")]), 200);
        let page =
            [("host", "box"), ("origin", "https://page.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(status(&access, "/", &page), 200);
        assert_eq!(status(&Access::any_host(), "/", &[("host", "whatever")]), 200);
    }
}
