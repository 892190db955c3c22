//! The socket: bound at once, listened on when the plugin is loaded.
//!
//! A host that polls so never meets a worker that is not there yet, and a taken address is told
//! before a slow plugin is loaded.

mod tcp;
mod unix;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use socket2::Domain;
use socket2::Socket;
use socket2::Type;

use crate::failure::Failure;

/// Where the worker is to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Address(SocketAddr),
    /// A socket in the file system.
    Path(PathBuf),
    /// A socket that the worker is started with, by its file descriptor.
    Inherited(RawFd),
}

/// A place that is ours, and on which nobody can connect yet, unless it was inherited so.
pub(crate) struct Bound {
    place: Place,
    socket: BoundSocket,
}

enum BoundSocket {
    Tcp(Socket),
    Unix(unix::Bound),
    Inherited(Socket),
}

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Where clients find the worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) url: Option<String>,
    pub(crate) path: Option<PathBuf>,
}

/// Connections that may wait for the I/O thread.
const BACKLOG: i32 = 512;

impl Bound {
    /// `inherited` is what was taken over where the place is that.
    pub(crate) fn new(place: &Place, inherited: Option<OwnedFd>) -> Result<Self, Failure> {
        let socket = match (place, inherited) {
            (_, Some(inherited)) => checked(inherited).map(BoundSocket::Inherited),
            (Place::Address(address), None) => tcp::bind(*address).map(BoundSocket::Tcp),
            (Place::Path(path), None) => unix::Bound::new(path).map(BoundSocket::Unix),
            (Place::Inherited(_), None) => Err(io::ErrorKind::NotFound.into()),
        };
        let failed = |source| Failure::Listen { place: place.clone(), source };
        Ok(Self { place: place.clone(), socket: socket.map_err(failed)? })
    }

    pub(crate) fn listen(self) -> Result<(Listening, Told), Failure> {
        let Self { place, socket } = self;
        let listening = match socket {
            BoundSocket::Tcp(socket) => tcp::listen(socket).map(of_tcp),
            BoundSocket::Unix(bound) => {
                bound.listen().map(|(listener, path)| of_unix(listener, Some(path)))
            }
            BoundSocket::Inherited(socket) => inherited(socket),
        };
        listening.map_err(|source| Failure::Listen { place, source })
    }
}

/// A stream socket of a kind that can be served.
fn checked(inherited: OwnedFd) -> io::Result<Socket> {
    let socket = Socket::from(inherited);
    let domain = socket.domain()?;
    let can_be_served = [Domain::IPV4, Domain::IPV6, Domain::UNIX].contains(&domain);
    if !can_be_served || socket.r#type()? != Type::STREAM {
        return Err(refused("it is neither a TCP nor a Unix socket".to_owned()));
    }
    match socket.local_addr()?.as_socket() {
        Some(address) if !address.ip().is_loopback() => Err(refused(format!(
            "{address} is no loopback address, and anybody could reach the worker"
        ))),
        _ => Ok(socket),
    }
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// Listens, where whoever made it did not.
fn inherited(socket: Socket) -> io::Result<(Listening, Told)> {
    if !socket.is_listener()? {
        socket.listen(BACKLOG)?;
    }
    if socket.domain()? == Domain::UNIX {
        let listener = UnixListener::from(OwnedFd::from(socket));
        let path = listener.local_addr()?.as_pathname().map(PathBuf::from);
        return Ok(of_unix(listener, path));
    }
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok(of_tcp((listener, address)))
}

fn of_tcp((listener, address): (TcpListener, SocketAddr)) -> (Listening, Told) {
    let told = Told { url: Some(format!("http://{address}")), path: None };
    (Listening::Tcp(listener), told)
}

fn of_unix(listener: UnixListener, path: Option<PathBuf>) -> (Listening, Told) {
    (Listening::Unix(listener), Told { url: None, path })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
            Self::Inherited(fd) => write!(f, "file descriptor {fd}"),
        }
    }
}
