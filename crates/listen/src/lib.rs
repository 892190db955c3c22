//! Sockets that are bound at startup, but only listen once the plugin is loaded.
//!
//! A host that polls the address therefore never reaches a worker that is not ready, and an address
//! in use is reported before a slow plugin is loaded.
//!
//! The runtime calls [`Bound::new`] at startup and [`Bound::listen`] before its announcement.
//! An address is one of [`ListenAddr`]: TCP, a Unix socket, or sockets inherited from the host.
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
//! let bound = Bound::new(&address, Vec::new())?;
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
mod localhost;
mod tcp;
mod unix;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::{fmt, io};

use socket2::Socket;

pub use inherited::remote_address;

/// Where the worker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddr {
    /// A TCP address; port 0 is any free one.
    Tcp(SocketAddr),
    /// This port on 127.0.0.1 and on ::1, as far as the system has them; port 0 is any that is free
    /// on both.
    Localhost(u16),
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// Inherited sockets, by their file descriptors.
    Inherited(Vec<RawFd>),
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
    sockets: Vec<BoundSocket>,
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

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => write!(f, "http://{address}"),
                Err(_) => f.write_str("a TCP socket"),
            },
            Self::Unix(listener) => match listener.local_addr() {
                Ok(address) if address.as_pathname().is_some() => {
                    address.as_pathname().into_iter().try_for_each(|path| path.display().fmt(f))
                }
                _ => f.write_str("a Unix socket without a path"),
            },
        }
    }
}

/// The addresses for clients: of several sockets of a kind, that of the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundAddress {
    /// The URL of a TCP socket, such as `http://127.0.0.1:12345`.
    pub url: Option<String>,
    /// The path of a Unix socket that has one.
    pub path: Option<PathBuf>,
}

/// Maximum number of connections that wait to be accepted (listen(2)).
const BACKLOG: i32 = 512;

/// The addresses of `localhost`; the announcement has the first that is there.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

impl Bound {
    /// Reserves an address; `inherited` are the sockets for [`ListenAddr::Inherited`].
    ///
    /// A stale Unix socket is replaced. Its file and its lock are removed by
    /// `universal_worker_process::exit::now`.
    ///
    /// # Errors
    /// If the address is in use or cannot be bound, or if an inherited socket is unsuitable.
    pub fn new(address: &ListenAddr, inherited: Vec<OwnedFd>) -> Result<Self, ListenError> {
        let sockets = match address {
            ListenAddr::Tcp(address) => {
                tcp::bind(*address).map(|socket| vec![BoundSocket::Tcp(socket)])
            }
            ListenAddr::Localhost(port) => {
                let bound = localhost::bind(*port, &LOOPBACK);
                bound.map(|sockets| sockets.into_iter().map(BoundSocket::Tcp).collect())
            }
            ListenAddr::Unix(path) => {
                unix::Bound::new(path).map(|socket| vec![BoundSocket::Unix(socket)])
            }
            ListenAddr::Inherited(_) if inherited.is_empty() => Err(io::ErrorKind::NotFound.into()),
            ListenAddr::Inherited(_) => inherited
                .into_iter()
                .map(|fd| inherited::check(fd).map(BoundSocket::Inherited))
                .collect(),
        };
        let failed = |source| ListenError { address: address.clone(), source };
        Ok(Self { address: address.clone(), sockets: sockets.map_err(failed)? })
    }

    /// Whether the host handed the sockets over, so that other processes may serve them as well.
    #[must_use]
    pub const fn is_inherited(&self) -> bool {
        matches!(self.address, ListenAddr::Inherited(_))
    }

    /// Accepts connections from now on.
    ///
    /// The address has the URL of the first TCP socket, and the path of the first Unix socket.
    ///
    /// # Errors
    /// If listen(2) fails.
    pub fn listen(self) -> Result<(Vec<Listener>, BoundAddress), ListenError> {
        let Self { address, sockets } = self;
        let listening: io::Result<Vec<_>> = sockets.into_iter().map(BoundSocket::listen).collect();
        let listening = listening.map_err(|source| ListenError { address, source })?;
        let mut first = BoundAddress::default();
        let listeners = listening.into_iter().map(|(listener, BoundAddress { url, path })| {
            first.url = first.url.take().or(url);
            first.path = first.path.take().or(path);
            listener
        });
        let listeners = listeners.collect();
        Ok((listeners, first))
    }
}

impl BoundSocket {
    fn listen(self) -> io::Result<(Listener, BoundAddress)> {
        match self {
            Self::Tcp(socket) => tcp::listen(socket).map(from_tcp),
            Self::Unix(bound) => {
                bound.listen().map(|(listener, path)| from_unix(listener, Some(path)))
            }
            Self::Inherited(socket) => inherited::listen(socket),
        }
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
            Self::Localhost(port) => write!(f, "localhost:{port}"),
            Self::Unix(path) => path.display().fmt(f),
            Self::Inherited(fds) => match &fds[..] {
                [fd] => write!(f, "file descriptor {fd}"),
                fds => {
                    let fds: Vec<_> = fds.iter().map(ToString::to_string).collect();
                    write!(f, "file descriptors {}", fds.join(", "))
                }
            },
        }
    }
}
