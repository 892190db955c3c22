//! Access control: who may send requests.
//!
//! A browser sends the requests of a page to any address, including loopback, and the owner of a page
//! can point a domain name there (DNS rebinding).
//! `Origin` and `Sec-Fetch-Site` (Fetch Metadata) reveal the former, `Host` the latter.
//! A token keeps out everybody else.

mod host;
mod layer;
mod origin;
mod token;

use http::request::Request;
use http::{HeaderMap, Version};

use crate::access::host::{HostPort, OwnedHost};
pub use crate::access::layer::AccessControl;
pub use crate::access::layer::AccessLayer;
use crate::access::origin::Origin;
use crate::access::token::Token;
use crate::api::error::ApiError;
use crate::api::routes;
use crate::fields::Field;

/// Which requests an [`AccessLayer`] admits; [`loopback`](Self::loopback) by default.
///
/// # Examples
/// ```
/// use universal_worker_service::Access;
///
/// let access = Access::loopback().allow_host("box.example").require_token("c2VjcmV0");
/// ```
#[derive(Debug, Clone)]
pub struct Access {
    hosts: AllowedHosts,
    origins: AllowedOrigins,
    token: Option<Token>,
}

#[derive(Debug, Clone)]
enum AllowedHosts {
    /// Loopback names and addresses, and these.
    LoopbackAnd(Vec<OwnedHost>),
    Any,
    /// Any, and a request needs none.
    Unchecked,
}

#[derive(Debug, Clone)]
enum AllowedOrigins {
    /// The own one, and these.
    OwnAnd(Vec<String>),
    Any,
}

/// The headers by which the pages of a browser give themselves away.
#[derive(Debug, Default)]
struct PageFields<'r> {
    host: Field<'r>,
    origin: Field<'r>,
    /// `Sec-Fetch-Site` names another site.
    is_cross_site: bool,
}

impl Access {
    /// Admits requests whose `Host` is a loopback name or address, and that no page of another site
    /// sent.
    ///
    /// A page in a browser can reach a loopback port, even under a name of its own (DNS rebinding).
    #[must_use]
    pub const fn loopback() -> Self {
        Self {
            hosts: AllowedHosts::LoopbackAnd(Vec::new()),
            origins: AllowedOrigins::OwnAnd(Vec::new()),
            token: None,
        }
    }

    /// Admits any `Host`: for an embedder whose own server checks it.
    ///
    /// Pages of other sites are still refused.
    /// [`allow_host`](Self::allow_host) and [`allow_addresses`](Self::allow_addresses) add nothing to it.
    /// The own origin may have the scheme `https`, as behind a proxy that ends TLS.
    #[must_use]
    pub const fn any_host() -> Self {
        Self { hosts: AllowedHosts::Any, origins: AllowedOrigins::OwnAnd(Vec::new()), token: None }
    }

    /// Also admits requests to this host, a name or an address; a port in it is ignored.
    #[must_use]
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        if let AllowedHosts::LoopbackAnd(hosts) = &mut self.hosts {
            hosts.push(OwnedHost::new(host.as_ref()));
        }
        self
    }

    /// Also admits requests to any IP address, for a worker that listens beyond loopback: a page can
    /// point a name at the worker, but not change an address.
    #[must_use]
    pub fn allow_addresses(mut self) -> Self {
        if let AllowedHosts::LoopbackAnd(hosts) = &mut self.hosts {
            hosts.push(OwnedHost::AnyAddress);
        }
        self
    }

    /// Also admits requests from pages of this origin, such as `https://example.org`.
    ///
    /// The responses have no CORS headers, so the pages cannot read them.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        if let AllowedOrigins::OwnAnd(origins) = &mut self.origins {
            origins.push(origin.into());
        }
        self
    }

    /// Admits requests from pages of any origin: for an embedder whose own server checks it.
    #[must_use]
    pub fn any_origin(mut self) -> Self {
        self.origins = AllowedOrigins::Any;
        self
    }

    /// Requires `Authorization: Bearer` with this token (RFC 6750), except for `GET` of `/health`,
    /// `/live` and `/ready`.
    #[must_use]
    pub fn require_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::new(token.into()));
        self
    }

    /// The same without what concerns web pages, since no browser opens a Unix socket: hosts and
    /// origins are not checked, and the token is the same.
    #[must_use]
    pub fn for_unix_socket(self) -> Self {
        Self { hosts: AllowedHosts::Unchecked, origins: AllowedOrigins::Any, token: self.token }
    }

    /// Checks the head of a request: its host, then its origin, then its token.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), ApiError> {
        let page = PageFields::of(request.headers());
        let host = self.check_host(request, page.host)?;
        self.check_origin(host, &page)?;
        match &self.token {
            Some(token)
                if !token.is_in(request.headers())
                    && !routes::is_open(request.method(), request.uri().path()) =>
            {
                Err(ApiError::Token)
            }
            _ => Ok(()),
        }
    }

    /// The host of the request, if it is allowed; `None` if it is not checked, or is malformed and any
    /// host is allowed.
    fn check_host<'r, B>(
        &self,
        request: &'r Request<B>,
        header: Field<'r>,
    ) -> Result<Option<HostPort<'r>>, ApiError> {
        if matches!(self.hosts, AllowedHosts::Unchecked) {
            return Ok(None);
        }
        let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        let host = match (header, target) {
            (Field::Once(host), _) => host.as_bytes(),
            // The pseudo-header `:authority` of HTTP/2 replaces the header.
            (Field::Missing, Some(target)) if request.version() >= Version::HTTP_2 => target,
            _ => return Err(ApiError::HostHeader),
        };
        let parsed = self.parse_allowed(host)?;
        if let Some(target) = target
            && self.parse_allowed(target)?.is_none_or(|target| !target.is_same(parsed))
        {
            return Err(ApiError::HostMismatch);
        }
        Ok(parsed)
    }

    fn parse_allowed<'h>(&self, text: &'h [u8]) -> Result<Option<HostPort<'h>>, ApiError> {
        let host = HostPort::parse(text);
        let is_allowed = match (&self.hosts, host) {
            (AllowedHosts::Any | AllowedHosts::Unchecked, _) => true,
            (AllowedHosts::LoopbackAnd(_), None) => false,
            (AllowedHosts::LoopbackAnd(allowed), Some(host)) => {
                host.is_loopback() || allowed.iter().any(|known| known.is_host_of(host))
            }
        };
        let named = || String::from_utf8_lossy(text).into_owned();
        if is_allowed { Ok(host) } else { Err(ApiError::HostRefused(named())) }
    }

    fn check_origin(
        &self,
        host: Option<HostPort<'_>>,
        page: &PageFields<'_>,
    ) -> Result<(), ApiError> {
        let AllowedOrigins::OwnAnd(allowed) = &self.origins else { return Ok(()) };
        match page.origin {
            Field::Missing => {}
            Field::Once(origin) => {
                let origin = Origin::parse(origin.as_bytes()).ok_or(ApiError::OriginRefused)?;
                if allowed.iter().any(|known| origin.is(known)) {
                    // To the browser, its pages are those of another site.
                    return Ok(());
                }
                let https = matches!(self.hosts, AllowedHosts::Any);
                if !host.is_some_and(|host| origin.is_of(host, https)) {
                    return Err(ApiError::OriginRefused);
                }
            }
            Field::Repeated => return Err(ApiError::OriginRefused),
        }
        if page.is_cross_site { Err(ApiError::OriginRefused) } else { Ok(()) }
    }
}

impl<'r> PageFields<'r> {
    fn of(headers: &'r HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                "host" => fields.host.add(value),
                "origin" => fields.origin.add(value),
                "sec-fetch-site" => {
                    fields.is_cross_site |= !matches!(value.as_bytes(), b"same-origin" | b"none");
                }
                _ => {}
            }
        }
        fields
    }
}

impl Default for Access {
    fn default() -> Self {
        Self::loopback()
    }
}

#[cfg(test)]
mod tests;
