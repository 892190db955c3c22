//! An inherited socket.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use socket2::{Domain, SockRef, Socket, Type};

use crate::{BACKLOG, BoundAddress, Listener, from_tcp, from_unix};

/// The address of a TCP socket that other machines may reach, or `None` for any other file
/// descriptor.
#[must_use]
pub fn remote_address(fd: &OwnedFd) -> Option<SocketAddr> {
    let address = SockRef::from(fd).local_addr().ok()?.as_socket()?;
    (!address.ip().to_canonical().is_loopback()).then_some(address)
}

/// Accepts TCP sockets and Unix stream sockets.
pub(super) fn check(fd: OwnedFd) -> io::Result<Socket> {
    let socket = Socket::from(fd);
    let domain = socket.domain()?;
    let is_known = [Domain::IPV4, Domain::IPV6, Domain::UNIX].contains(&domain);
    if !is_known || socket.r#type()? != Type::STREAM {
        let why = "it is neither a TCP nor a Unix socket";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(socket)
}

/// Listens, unless the host already has.
pub(super) fn listen(socket: Socket) -> io::Result<(Listener, BoundAddress)> {
    if !socket.is_listener()? {
        socket.listen(BACKLOG)?;
    }
    if socket.domain()? == Domain::UNIX {
        let listener = UnixListener::from(OwnedFd::from(socket));
        let path = listener.local_addr()?.as_pathname().map(PathBuf::from);
        return Ok(from_unix(listener, path));
    }
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok(from_tcp((listener, address)))
}
