//! Hosts and origins of requests, as clients send them.

use std::net::{IpAddr, Ipv6Addr};

use super::expected;

/// A host name or an IP address, which may have a port.
///
/// The service takes any text, but only these can be in a request.
pub(crate) fn allowed_host(value: &str) -> Result<String, String> {
    let host = value.trim();
    if host.parse::<IpAddr>().is_ok() || is_host_port(host) {
        return Ok(host.to_owned());
    }
    Err(expected("a host name or an IP address, such as box.example, and no URL", value))
}

/// The origin of a web page: a scheme and a host, which may have a port.
pub(crate) fn origin(value: &str) -> Result<String, String> {
    let origin = value.trim();
    let parts = origin.strip_suffix('/').unwrap_or(origin).split_once("://");
    match parts {
        Some((scheme, host)) if is_scheme(scheme) && is_host_port(host) => Ok(origin.to_owned()),
        _ => Err(expected("an origin, such as https://example.org, without a path", value)),
    }
}

/// RFC 3986, 3.1; browsers send origins of other schemes than http and https, too.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// RFC 3986, 3.2, without user info.
fn is_host_port(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            return address.parse::<Ipv6Addr>().is_ok()
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !matches!(host, "" | ".") && host.bytes().all(is_allowed) && is_port(port)
}

/// A port, which may be empty.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_request_can_have_as_its_host_is_refused() {
        for value in ["box.example", "box", "Box.Example.", "127.0.0.2", "::1", "[::1]:80", "a_b:8"]
        {
            assert_eq!(allowed_host(value), Ok(value.to_owned()));
        }
        for value in [
            "",
            ".",
            "http://box.example",
            "a/b",
            "a b",
            "*",
            "*.example",
            "b\u{fc}ro.example",
            "a:b",
            "a:99999",
            "me@box",
            "[::1",
            "[a]",
        ] {
            let error = allowed_host(value).unwrap_err();
            assert!(error.starts_with("expected a host name or an IP address"), "{value}: {error}");
        }
    }

    #[test]
    fn what_no_page_can_have_as_its_origin_is_refused() {
        for value in [
            "https://example.org",
            "http://localhost:3000",
            "https://example.org/",
            "app://x",
            "http://[::1]:8080",
        ] {
            assert_eq!(origin(value), Ok(value.to_owned()));
        }
        for value in [
            "",
            "null",
            "*",
            "example.org",
            "https://",
            "https://a/b",
            "https:/a",
            "://a",
            "https://me@a",
            "https://a:b",
        ] {
            let error = origin(value).unwrap_err();
            assert!(error.starts_with("expected an origin, such as"), "{value}: {error}");
        }
    }
}
