//! Sends requests to a worker.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::call_error::CallError;
use crate::raw_response::RawResponse;

/// Sends requests to the worker at an address, each on a new connection.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    address: String,
    /// The value of `Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
}

/// The connection of one request; dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    driver: JoinHandle<()>,
}

impl Transport {
    pub(crate) fn new(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/').to_owned();
        Self { address, authorization: None }
    }

    /// Sends a request and reads the whole response.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<RawResponse, CallError> {
        let (response, _connection) = self.send(method, path, headers, body).await?;
        RawResponse::read(response).await
    }

    /// Sends a request; the body of the response arrives while the connection is held.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(Response<Incoming>, Connection), CallError> {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.contains_key(header::HOST) {
            request = request.header(header::HOST, &self.address);
        }
        let mut request = request.body(Full::new(body)).map_err(CallError::InvalidRequest)?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        request.headers_mut().extend(headers);

        let stream = connect(&self.address)
            .await
            .map_err(|source| CallError::Connect { address: self.address.clone(), source })?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Disconnected)?;
        let driver = tokio::spawn(async {
            // The caller gets the error from the response or its body.
            let _ = connection.await;
        });
        let connection = Connection { driver };
        let response = sender.send_request(request).await.map_err(CallError::Disconnected)?;
        Ok((response, connection))
    }
}

/// Connects; `localhost` means both loopback addresses, whatever the resolver knows, because a server
/// may listen on one of them only.
async fn connect(address: &str) -> io::Result<TcpStream> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    match port.parse::<u16>() {
        Ok(port) if host.eq_ignore_ascii_case("localhost") => {
            let both = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            TcpStream::connect(&both.map(|ip: IpAddr| SocketAddr::new(ip, port))[..]).await
        }
        _ => TcpStream::connect(address).await,
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn localhost_is_either_loopback_address() {
        for ip in ["127.0.0.1", "::1"] {
            // A system without IPv6 has no ::1.
            let Ok(listener) = TcpListener::bind((ip, 0)).await else { continue };
            let port = listener.local_addr().unwrap().port();
            for name in ["localhost", "LocalHost"] {
                connect(&format!("{name}:{port}")).await.unwrap();
            }
            let ip = if ip == "::1" { "[::1]" } else { ip };
            connect(&format!("{ip}:{port}")).await.unwrap();
        }
    }
}
