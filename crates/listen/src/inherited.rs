//! An inherited socket.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use socket2::{Domain, Socket, Type};

use crate::{BACKLOG, BoundAddress, Listener, from_tcp, from_unix};

/// Accepts TCP sockets on loopback addresses, and Unix stream sockets.
pub(super) fn check(fd: OwnedFd) -> io::Result<Socket> {
    let socket = Socket::from(fd);
    let domain = socket.domain()?;
    let is_known = [Domain::IPV4, Domain::IPV6, Domain::UNIX].contains(&domain);
    if !is_known || socket.r#type()? != Type::STREAM {
        return Err(unsuitable("it is neither a TCP nor a Unix socket".to_owned()));
    }
    match socket.local_addr()?.as_socket() {
        Some(address) if !address.ip().is_loopback() => Err(unsuitable(format!(
            "{address} is no loopback address, and other machines could reach the worker"
        ))),
        _ => Ok(socket),
    }
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

fn unsuitable(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
