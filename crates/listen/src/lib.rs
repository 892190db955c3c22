//! Sockets that are bound at startup, but only listen once the plugin is loaded.
//!
//! A host that polls the address therefore never reaches a worker that is not ready, and an address
//! in use is reported before a slow plugin is loaded.
//!
//! The runtime calls [`Bound::new`] at startup and [`Bound::listen`] before its announcement.
//! An address is one of [`ListenAddr`]: TCP, a Unix socket, or a socket inherited from the host.
//!
//! # Examples
//! ```
//! use std::net::TcpStream;
//!
//! use universal_worker_listen::Bound;
//! use universal_worker_listen::ListenAddr;
//! use universal_worker_listen::Listener;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let address = ListenAddr::Tcp("127.0.0.1:0".parse()?);
//! let bound = Bound::new(&address, None)?;
//! // Up to here, the address is reserved and refuses connections.
//! let (listeners, address) = bound.listen()?;
//! let [Listener::Tcp(listener)] = &listeners[..] else { unreachable!() };
//! TcpStream::connect(listener.local_addr()?)?;
//! assert!(address.url.is_some_and(|url| url.starts_with("http://127.0.0.1:")));
//! # Ok(())
//! # }
//! ```

#![deny(missing_docs)]

mod inherited;
mod tcp;
mod unix;

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::{fmt, io};

use socket2::Socket;

/// Where the worker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddr {
    /// A TCP address; port 0 is any free one.
    Tcp(SocketAddr),
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// An inherited socket, by its file descriptor.
    Inherited(RawFd),
}

/// The worker cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// The requested address.
    pub address: ListenAddr,
    /// The error of the system.
    pub source: io::Error,
}

/// A reserved address that does not accept connections yet, unless it was inherited listening.
#[derive(Debug)]
pub struct Bound {
    address: ListenAddr,
    socket: BoundSocket,
}

#[derive(Debug)]
enum BoundSocket {
    Tcp(Socket),
    Unix(unix::Bound),
    Inherited(Socket),
}

/// A listening socket, in blocking mode.
#[derive(Debug)]
pub enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// The address for clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundAddress {
    /// The URL of a TCP socket, such as `http://127.0.0.1:12345`.
    pub url: Option<String>,
    /// The path of a Unix socket, if it has one.
    pub path: Option<PathBuf>,
}

/// Maximum number of connections that wait to be accepted (listen(2)).
const BACKLOG: i32 = 512;

impl Bound {
    /// Reserves an address; `inherited` is the socket for [`ListenAddr::Inherited`].
    ///
    /// A stale Unix socket is replaced. Its file and its lock are removed by
    /// `universal_worker_process::exit::now`.
    ///
    /// # Errors
    /// If the address is in use or cannot be bound, or if the inherited socket is unsuitable.
    pub fn new(address: &ListenAddr, inherited: Option<OwnedFd>) -> Result<Self, ListenError> {
        let socket = match (address, inherited) {
            (_, Some(fd)) => inherited::check(fd).map(BoundSocket::Inherited),
            (ListenAddr::Tcp(address), None) => tcp::bind(*address).map(BoundSocket::Tcp),
            (ListenAddr::Unix(path), None) => unix::Bound::new(path).map(BoundSocket::Unix),
            (ListenAddr::Inherited(_), None) => Err(io::ErrorKind::NotFound.into()),
        };
        let failed = |source| ListenError { address: address.clone(), source };
        Ok(Self { address: address.clone(), socket: socket.map_err(failed)? })
    }

    /// Whether the host handed the socket over, so that other processes may serve it as well.
    #[must_use]
    pub const fn is_inherited(&self) -> bool {
        matches!(self.socket, BoundSocket::Inherited(_))
    }

    /// Accepts connections from now on.
    ///
    /// The address is that of the first listener.
    ///
    /// # Errors
    /// If listen(2) fails.
    pub fn listen(self) -> Result<(Vec<Listener>, BoundAddress), ListenError> {
        let Self { address, socket } = self;
        let listening = match socket {
            BoundSocket::Tcp(socket) => tcp::listen(socket).map(from_tcp),
            BoundSocket::Unix(bound) => {
                bound.listen().map(|(listener, path)| from_unix(listener, Some(path)))
            }
            BoundSocket::Inherited(socket) => inherited::listen(socket),
        };
        let listening = listening.map(|(listener, address)| (vec![listener], address));
        listening.map_err(|source| ListenError { address, source })
    }
}

fn from_tcp((listener, address): (TcpListener, SocketAddr)) -> (Listener, BoundAddress) {
    let address = BoundAddress { url: Some(format!("http://{address}")), path: None };
    (Listener::Tcp(listener), address)
}

fn from_unix(listener: UnixListener, path: Option<PathBuf>) -> (Listener, BoundAddress) {
    (Listener::Unix(listener), BoundAddress { url: None, path })
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
            Self::Inherited(fd) => write!(f, "file descriptor {fd}"),
        }
    }
}
