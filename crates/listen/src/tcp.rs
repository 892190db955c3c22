//! A TCP socket that is bound exclusively before it listens.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::BACKLOG;

/// Reserves an address that does not accept connections yet.
pub(super) fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Set while binding, so that connections of a former worker in TIME_WAIT do not matter; cleared
    // again, so that no other worker can bind the address while the plugin is loaded.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.set_reuse_address(false)?;
    Ok(socket)
}

/// Listens; returns the address with its actual port.
pub(super) fn listen(socket: Socket) -> io::Result<(TcpListener, SocketAddr)> {
    socket.set_reuse_address(true)?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_bound_address_is_exclusive_and_refuses_connections() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = bind(any).unwrap();
        let address = bound.local_addr().unwrap().as_socket().unwrap();
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
        let (_listener, actual) = listen(bound).unwrap();
        assert_eq!(actual, address);
        TcpStream::connect(address).unwrap();
        assert_eq!(bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
    }
}
