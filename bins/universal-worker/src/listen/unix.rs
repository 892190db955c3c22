//! A Unix socket in the file system: of its owner only, and never left behind.
//!
//! A socket that is bound and not listened on refuses like one that was left behind; so a lock on
//! `PATH.lock` says whose it is (flock(2)), which the system gives back whatever becomes of its
//! holder.

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;
use std::path::absolute;

use socket2::Domain;
use socket2::SockAddr;
use socket2::Socket;
use socket2::Type;

use crate::imp;
use crate::listen::BACKLOG;

/// A path that is ours, and on which nobody can connect yet.
pub(super) struct Bound {
    socket: Socket,
    path: PathBuf,
    /// Held until the process ends.
    lock: File,
}

/// What a path may have at most, its end included (unix(7)).
const LONGEST: usize = 108;

impl Bound {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let length = path.as_os_str().as_bytes().len();
        if length >= LONGEST {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "the path has {length} bytes; that of a socket has at most {}",
                    LONGEST - 1
                ),
            ));
        }
        let lock_path = lock_path(path);
        let lock = lock(&lock_path)?;
        // A plugin may change the working directory.
        imp::remove_at_the_end(&absolute(&lock_path)?);
        remove_if_stale(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // bind(2) makes the file with the mode that the socket has.
        rustix::fs::fchmod(&socket, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
        socket.bind(&SockAddr::unix(path)?)?;
        let path = absolute(path)?;
        imp::remove_at_the_end(&path);
        Ok(Self { socket, path, lock })
    }

    pub(super) fn listen(self) -> io::Result<(UnixListener, PathBuf)> {
        self.socket.listen(BACKLOG)?;
        // Its file descriptor, and with it the lock, stays open.
        std::mem::forget(self.lock);
        Ok((std::os::fd::OwnedFd::from(self.socket).into(), self.path))
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Takes the lock of a path; that of one that another removed meanwhile is none.
fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file =
            File::options().create(true).truncate(false).write(true).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use("another worker has it")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let held = file.metadata()?;
        let is_that = |there: fs::Metadata| (there.dev(), there.ino()) == (held.dev(), held.ino());
        if fs::metadata(path).is_ok_and(is_that) {
            return Ok(file);
        }
    }
}

/// Removes a socket on which nobody listens.
fn remove_if_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            return Err(in_use("it is there, and is no socket"));
        }
        Ok(_) => {}
    }
    let asking = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // One whose queue is full would let us wait.
    asking.set_nonblocking(true)?;
    match asking.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        Ok(()) | Err(_) => Err(in_use("somebody listens there")),
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
    fn a_path_is_its_owners_while_it_is_bound_and_stale_ones_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        // Left behind.
        drop(UnixListener::bind(&path).unwrap());
        let bound = Bound::new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(refusal(&path), "another worker has it");
        assert_eq!(
            UnixStream::connect(&path).unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        let (_listener, told) = bound.listen().unwrap();
        assert_eq!(told, path);
        UnixStream::connect(&path).unwrap();
        assert_eq!(refusal(&path), "another worker has it");
    }

    #[test]
    fn what_is_not_ours_to_take_stays() {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("live");
        let _listener = UnixListener::bind(&live).unwrap();
        assert_eq!(refusal(&live), "somebody listens there");
        let busy = folder.path().join("busy");
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        listener.bind(&SockAddr::unix(&busy).unwrap()).unwrap();
        listener.listen(0).unwrap();
        // Its queue has room for one.
        let _queued = UnixStream::connect(&busy).unwrap();
        assert_eq!(refusal(&busy), "somebody listens there");
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        assert_eq!(refusal(&file), "it is there, and is no socket");
        let long = folder.path().join("x".repeat(200));
        assert!(refusal(&long).contains("at most 107"), "{}", refusal(&long));
    }
}
