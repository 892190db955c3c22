//! A Unix socket in the file system: accessible to its owner only, and removed at exit.
//!
//! A socket that is bound but not listening refuses connections, just like a stale one. A lock on
//! `PATH.lock` therefore marks a socket in use (flock(2)); the system releases it however its owner
//! ends.
//!
//! Files of others stay as they are: see `lock`.

mod lock;

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf, absolute};
use std::{fs, io};

use socket2::{Domain, SockAddr, Socket, Type};

use universal_worker_process::exit;

use crate::BACKLOG;

/// A reserved path that does not accept connections yet.
#[derive(Debug)]
pub(super) struct Bound {
    socket: Socket,
    path: PathBuf,
    /// Locked until the process ends.
    lock: File,
}

/// In bytes, including the null byte (unix(7)).
const MAX_PATH: usize = 108;

impl Bound {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let length = path.as_os_str().as_bytes().len();
        if length >= MAX_PATH {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the path has {length} bytes; the limit is {}", MAX_PATH - 1),
            ));
        }
        // Absolute, since a plugin may change the working directory.
        let lock = lock::take(&absolute(lock_path(path))?)?;
        remove_if_stale(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // bind(2) creates the file with the socket's mode.
        rustix::fs::fchmod(&socket, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
        socket.bind(&SockAddr::unix(path)?)?;
        let path = absolute(path)?;
        exit::remove_on_exit(&path)?;
        Ok(Self { socket, path, lock })
    }

    pub(super) fn listen(self) -> io::Result<(UnixListener, PathBuf)> {
        self.socket.listen(BACKLOG)?;
        // Keeps the file descriptor, and with it the lock.
        std::mem::forget(self.lock);
        Ok((std::os::fd::OwnedFd::from(self.socket).into(), self.path))
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Removes a socket on which no process listens.
fn remove_if_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            return Err(in_use("a file that is not a socket is in the way"));
        }
        Ok(_) => {}
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A socket whose queue is full would make connect(2) wait.
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        Ok(()) | Err(_) => Err(in_use("another process listens there")),
    }
}

fn in_use(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, what)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn refusal(path: &Path) -> String {
        Bound::new(path).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_bound_path_is_exclusive_and_a_stale_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        // A stale socket.
        drop(UnixListener::bind(&path).unwrap());
        let bound = Bound::new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(refusal(&path), "another worker uses it");
        assert_eq!(
            UnixStream::connect(&path).unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        let (_listener, actual) = bound.listen().unwrap();
        assert_eq!(actual, path);
        UnixStream::connect(&path).unwrap();
        assert_eq!(refusal(&path), "another worker uses it");
    }

    #[test]
    fn live_sockets_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("live");
        let _listener = UnixListener::bind(&live).unwrap();
        assert_eq!(refusal(&live), "another process listens there");
        let busy = folder.path().join("busy");
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        listener.bind(&SockAddr::unix(&busy).unwrap()).unwrap();
        listener.listen(0).unwrap();
        // The queue has room for one connection.
        let _queued = UnixStream::connect(&busy).unwrap();
        assert_eq!(refusal(&busy), "another process listens there");
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        assert_eq!(refusal(&file), "a file that is not a socket is in the way");
        let long = folder.path().join("x".repeat(200));
        assert!(refusal(&long).contains("the limit is 107"), "{}", refusal(&long));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        assert_eq!(refusal(&link), "a file that is not a socket is in the way");
        assert!(fs::symlink_metadata(folder.path().join("nowhere")).is_err());
    }
}
