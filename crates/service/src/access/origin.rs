//! Origins of web pages.

use crate::access::host::HostPort;

/// An origin: scheme, host and port (RFC 6454).
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    host: HostPort<'a>,
}

impl<'a> Origin<'a> {
    /// Parses the value of `Origin`; `None` if it is `null` or malformed.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (scheme, host) = str::from_utf8(text).ok()?.split_once("://")?;
        Some(Self { scheme, host: HostPort::parse(host.as_bytes())? })
    }

    /// Whether it is the origin `known`, in any of its spellings.
    pub(super) fn is(self, known: &str) -> bool {
        let known = known.strip_suffix('/').unwrap_or(known);
        Origin::parse(known.as_bytes()).is_some_and(|known| {
            self.scheme.eq_ignore_ascii_case(known.scheme) && self.has_host(known.host)
        })
    }

    /// Whether its pages come from `host`, the host of the request, over HTTP, or as well over
    /// HTTPS.
    pub(super) fn is_of(self, host: HostPort<'_>, https: bool) -> bool {
        let is_served = self.scheme.eq_ignore_ascii_case("http")
            || https && self.scheme.eq_ignore_ascii_case("https");
        is_served && self.has_host(host)
    }

    fn has_host(self, host: HostPort<'_>) -> bool {
        let default_port = if self.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        self.host.is_same_with_default(host, default_port)
    }
}
