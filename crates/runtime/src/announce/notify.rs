//! The service manager's protocol (sd_notify(3)).

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::OnceLock;

static SOCKET: OnceLock<OsString> = OnceLock::new();

/// Sets the socket of the service manager.
pub(crate) fn set_notify_socket(socket: &OsStr) {
    SOCKET.get_or_init(|| socket.to_owned());
}

/// Sends a state such as `READY=1` to the service manager, if there is one.
pub(crate) fn notify(state: &str) {
    let Some(socket) = SOCKET.get() else { return };
    if let Err(error) = send(socket, state) {
        log::warn!("cannot send {state} to NOTIFY_SOCKET: {error}");
    }
}

fn send(socket: &OsStr, state: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    // A manager that does not read must not block the worker.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(state.as_bytes(), &address(socket)?).map(drop)
}

/// A path, or a name in the abstract namespace after an `@` (unix(7)).
fn address(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(socket),
    }
}
