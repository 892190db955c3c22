//! The socket: bound at once, listened on when the plugin is loaded.
//!
//! A host that polls so never meets a worker that is not there yet, and a taken port is told
//! before a slow plugin is loaded.

use std::net::SocketAddr;
use std::net::TcpListener;

use socket2::Domain;
use socket2::Protocol;
use socket2::Socket;
use socket2::Type;

use crate::failure::Failure;

/// An address that is ours, and on which nobody can connect yet.
pub(crate) struct Bound {
    socket: Socket,
    address: SocketAddr,
}

/// Connections that may wait for the I/O thread.
const BACKLOG: i32 = 512;

impl Bound {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, Failure> {
        let bound = || {
            let socket =
                Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            // Set while binding, so that connections in TIME_WAIT of a former worker do not matter;
            // cleared again, so that another worker cannot bind the address while we load.
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.set_reuse_address(false)?;
            Ok(socket)
        };
        let failed = |source| Failure::Listen { address, source };
        bound().map(|socket| Self { socket, address }).map_err(failed)
    }

    /// Listens; returns the address with its port.
    pub(crate) fn listen(self) -> Result<(TcpListener, SocketAddr), Failure> {
        let Self { socket, address } = self;
        let listening = || {
            socket.set_reuse_address(true)?;
            socket.listen(BACKLOG)?;
            socket.set_nonblocking(true)?;
            let listener = TcpListener::from(socket);
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        listening().map_err(|source| Failure::Listen { address, source })
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_bound_address_is_taken_and_refuses_until_it_is_listened_on() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = Bound::new(any).unwrap();
        let address = bound.socket.local_addr().unwrap().as_socket().unwrap();
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert!(matches!(Bound::new(address), Err(Failure::Listen { .. })));
        let (_listener, told) = bound.listen().unwrap();
        assert_eq!(told, address);
        TcpStream::connect(address).unwrap();
        assert!(matches!(Bound::new(address), Err(Failure::Listen { .. })));
    }
}
