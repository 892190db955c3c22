//! Hosts with ports, as in `Host` and in URLs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host with an optional port.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostPort<'a> {
    host: Host<'a>,
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
enum Host<'a> {
    /// IPv4-mapped addresses are IPv4 addresses.
    Address(IpAddr),
    /// Without the trailing dot of a fully qualified name.
    Name(&'a str),
}

/// A host that the operator allows.
#[derive(Debug, Clone)]
pub(super) enum OwnedHost {
    AnyAddress,
    Address(IpAddr),
    Name(String),
}

impl<'a> HostPort<'a> {
    /// Parses `host[:port]` (RFC 3986, 3.2): no user info, no percent-encoding, no zone of an address.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        // The address of nearly all requests, without the price of reading an address.
        if let Some(port) = text.strip_prefix(b"127.0.0.1:") {
            let host = Host::Address(Ipv4Addr::LOCALHOST.into());
            return Some(Self { host, port: parse_port(port)? });
        }
        let text = str::from_utf8(text).ok()?;
        if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            let port = if rest.is_empty() {
                None
            } else {
                parse_port(rest.strip_prefix(':')?.as_bytes())?
            };
            return Some(Self { host: Host::Address(address.to_canonical()), port });
        }
        let (name, port) = match text.split_once(':') {
            None => (text, None),
            Some((name, port)) => (name, parse_port(port.as_bytes())?),
        };
        Some(Self { host: Host::parse(name)?, port })
    }

    /// Whether the host is `localhost` or a loopback address.
    ///
    /// Not `*.localhost`: browsers resolve these to loopback themselves (RFC 6761, 6.3), but other
    /// resolvers ask the network for them, which can then point them anywhere.
    pub(super) fn is_loopback(self) -> bool {
        match self.host {
            Host::Address(address) => address.is_loopback(),
            Host::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    /// Whether both name the same server of HTTP.
    pub(super) fn is_same(self, other: Option<Self>) -> bool {
        other.is_some_and(|other| self.is_same_with_default(other, 80))
    }

    /// Whether both are the same, where a missing port is `default_port`.
    pub(super) fn is_same_with_default(self, other: Self, default_port: u16) -> bool {
        let same_host = match (self.host, other.host) {
            (Host::Address(one), Host::Address(two)) => one == two,
            (Host::Name(one), Host::Name(two)) => one.eq_ignore_ascii_case(two),
            _ => false,
        };
        let port = |host: Self| host.port.unwrap_or(default_port);
        same_host && port(self) == port(other)
    }
}

impl<'a> Host<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_allowed) {
            return None;
        }
        Some(name.parse::<Ipv4Addr>().map_or(Self::Name(name), |v4| Self::Address(v4.into())))
    }
}

impl OwnedHost {
    pub(super) fn new(text: &str) -> Self {
        let host = match (text.parse::<IpAddr>(), HostPort::parse(text.as_bytes())) {
            (Ok(address), _) => Host::Address(address.to_canonical()),
            (Err(_), Some(parsed)) => parsed.host,
            // No request can have it.
            (Err(_), None) => Host::Name(text),
        };
        match host {
            Host::Address(address) => Self::Address(address),
            Host::Name(name) => Self::Name(name.to_owned()),
        }
    }

    pub(super) fn is_host_of(&self, host: HostPort<'_>) -> bool {
        match (self, host.host) {
            (Self::AnyAddress, Host::Address(address)) => !address.is_unspecified(),
            (Self::Address(known), Host::Address(address)) => *known == address,
            (Self::Name(known), Host::Name(name)) => known.eq_ignore_ascii_case(name),
            _ => false,
        }
    }
}

/// The port after the colon, which may be empty; `None` if it is not a port.
fn parse_port(digits: &[u8]) -> Option<Option<u16>> {
    if digits.is_empty() {
        return Some(None);
    }
    let append = |port: u16, digit: &u8| {
        let value = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        port.checked_mul(10)?.checked_add(value)
    };
    digits.iter().try_fold(0, append).map(Some)
}
