//! One connection to a worker.

use bytes::Bytes;
use http::Request;
use http::Response;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::call_error::CallError;

/// The connection of one request; dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    driver: JoinHandle<()>,
}

impl Connection {
    /// Connects and sends `request`; the body of the response arrives while the connection is held.
    pub(crate) async fn send(
        address: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Self), CallError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|source| CallError::Connect { address: address.to_owned(), source })?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Disconnected)?;
        let driver = tokio::spawn(async {
            // The caller gets the error from the response or its body.
            let _ = connection.await;
        });
        let connection = Self { driver };
        let response = sender.send_request(request).await.map_err(CallError::Disconnected)?;
        Ok((response, connection))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
