//! The lock file beside a Unix socket.
//!
//! A worker knows its locks by their content, so that it neither uses nor removes the file of
//! another program that has the name, such as a lock file of a package manager.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::{fs, io};

use rustix::fs::OFlags;
use universal_worker_process::exit;

use crate::unix::in_use;

/// The content of a lock.
const CONTENT: &[u8] = b"universal-worker lock\n";

/// Locks the file at an absolute path, and has it removed at the exit if a worker has made it.
///
/// Starts over if another process removes the file in the meantime.
pub(super) fn take(path: &Path) -> io::Result<File> {
    loop {
        let Some((mut file, mut maker)) = open(path)? else { continue };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use("another worker uses it")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Only now, because its maker writes to it once it has the lock.
        if maker == Maker::Other {
            maker = Maker::of(&mut file, path)?;
        }
        let held = file.metadata()?;
        let is_same = |there: fs::Metadata| (there.dev(), there.ino()) == (held.dev(), held.ino());
        if !fs::symlink_metadata(path).is_ok_and(is_same) {
            continue;
        }
        if maker == Maker::This {
            // A full disk leaves it empty.
            let _ = file.write_all(CONTENT);
        }
        if maker != Maker::Other {
            exit::remove_on_exit(path)?;
        }
        return Ok(file);
    }
}

/// Who has made the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    /// This worker.
    This,
    /// A worker before it.
    Worker,
    /// Unknown: the file is used, but stays.
    Other,
}

impl Maker {
    /// Refuses a file that is not a lock. An empty one may be that of an older worker.
    fn of(file: &mut File, path: &Path) -> io::Result<Self> {
        let found = file.metadata()?;
        let is_own = found.is_file()
            && found.nlink() == 1
            && found.uid() == rustix::process::geteuid().as_raw();
        let mut content = Vec::new();
        if is_own {
            let limit = CONTENT.len() as u64 + 1;
            file.take(limit).read_to_end(&mut content)?;
        }
        match &content[..] {
            CONTENT => Ok(Self::Worker),
            [] if is_own && found.mode() & 0o777 == 0o600 => Ok(Self::Other),
            _ => Err(foreign(path)),
        }
    }
}

/// Opens or creates the file, without following a link or waiting for the other end of a named
/// pipe; `None` if it was removed meanwhile.
fn open(path: &Path) -> io::Result<Option<(File, Maker)>> {
    let mut options = File::options();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.read(true).write(true).mode(0o600).custom_flags(flags.bits().cast_signed());
    match options.clone().create_new(true).open(path) {
        Ok(file) => return Ok(Some((file, Maker::This))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(foreign(path)),
        _ => {}
    }
    match options.open(path) {
        Ok(file) => Ok(Some((file, Maker::Other))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(foreign(path)),
        Err(error) => Err(error),
    }
}

fn foreign(path: &Path) -> io::Error {
    in_use(&format!("{} is in the way: it is not the lock of a worker", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[track_caller]
    fn assert_refused(path: &Path) {
        let error = take(path).unwrap_err();
        let expected = format!("{} is in the way", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }

    fn write(path: &Path, content: &[u8], mode: u32) {
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_lock_of_a_worker_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        drop(take(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), CONTENT);
        let held = take(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), CONTENT);
        assert_eq!(take(&path).unwrap_err().to_string(), "another worker uses it");
        drop(held);
    }

    #[test]
    fn an_empty_lock_of_an_older_worker_is_used_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        write(&path, b"", 0o600);
        let _held = take(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("poetry.lock");
        for (content, mode) in [
            (&b"precious\n"[..], 0o600),
            (b"universal-worker lock\nand more", 0o600),
            (b"universal-worker", 0o600),
            (b"", 0o644),
        ] {
            write(&path, content, mode);
            assert_refused(&path);
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        let other = folder.path().join("other.lock");
        write(&path, CONTENT, 0o600);
        fs::hard_link(&path, &other).unwrap();
        assert_refused(&other);
        fs::remove_file(&other).unwrap();
        // Links, whatever they point to.
        for target in [&path, &folder.path().join("nowhere")] {
            symlink(target, &other).unwrap();
            assert_refused(&other);
            fs::remove_file(&other).unwrap();
        }
        assert!(!folder.path().join("nowhere").exists());
        fs::create_dir(&other).unwrap();
        assert_refused(&other);
        let socket = folder.path().join("socket.lock");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert_refused(&socket);
        let fifo = folder.path().join("fifo.lock");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_refused(&fifo);
    }
}
