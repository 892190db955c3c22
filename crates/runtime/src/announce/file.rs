//! The file of the announcement.
//!
//! Only the file of an earlier announcement is replaced, by one that appears with its full content.
//! A device, a named pipe, or what a link points to is written to as it is; any other file is
//! refused at the start.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, process, thread};

use rustix::fs::{Access, OFlags};
use rustix::io::Errno;
use serde_json::Value;

use crate::announce::write::{timed_out, write_all};

/// A file that was suitable at the start.
#[derive(Debug)]
pub(crate) struct AnnounceFile(PathBuf);

/// How a file is written.
#[derive(Debug, PartialEq, Eq)]
enum WriteMode {
    /// It is new, or replaces an earlier announcement.
    Replace,
    /// As it is.
    InPlace,
}

/// Maximum size in bytes of what may be an earlier announcement.
const MAX_EARLIER: u64 = 64 * 1024;

/// How often to look for a reader of a named pipe.
const POLL: Duration = Duration::from_millis(10);

impl AnnounceFile {
    /// Checks the file, and removes an earlier announcement, so that nobody mistakes it for that of
    /// this worker.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                rustix::fs::access(folder(path), Access::WRITE_OK | Access::EXEC_OK)?;
            }
            found => match write_mode(path, &found?)? {
                WriteMode::Replace => fs::remove_file(path)?,
                WriteMode::InPlace if fs::metadata(path)?.is_file() => {
                    File::options().write(true).truncate(true).open(path)?;
                }
                WriteMode::InPlace => {}
            },
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a line; waits for a reader at most for `limit`.
    pub(crate) fn write(&self, line: &str, limit: Duration) -> io::Result<()> {
        // Looks again, because it is some time since the start.
        match fs::symlink_metadata(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => replace(&self.0, line),
            found => match write_mode(&self.0, &found?)? {
                WriteMode::Replace => replace(&self.0, line),
                WriteMode::InPlace => write_in_place(&self.0, line, limit),
            },
        }
    }
}

/// How to write to a file that exists; an error if it must not be written to.
fn write_mode(path: &Path, found: &Metadata) -> io::Result<WriteMode> {
    let kind = found.file_type();
    if kind.is_file() {
        return check_replaceable(path, found).map(|()| WriteMode::Replace);
    }
    let target = if kind.is_symlink() {
        fs::metadata(path).map_err(|_| refused("it is a link to a file that does not exist"))?
    } else {
        found.clone()
    };
    let kind = target.file_type();
    if kind.is_file() {
        check_content(path, &target)?;
    } else if kind.is_dir() {
        return Err(refused("it is a folder"));
    } else if !kind.is_char_device() && !kind.is_fifo() {
        return Err(refused("it is a socket or a block device"));
    }
    Ok(WriteMode::InPlace)
}

fn check_replaceable(path: &Path, found: &Metadata) -> io::Result<()> {
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused("it belongs to another user"));
    }
    if found.mode() & 0o200 == 0 {
        return Err(refused("it is read-only"));
    }
    if found.nlink() > 1 {
        return Err(refused("it has other names (hard links)"));
    }
    check_content(path, found)
}

/// Accepts an empty file and one with an announcement.
fn check_content(path: &Path, found: &Metadata) -> io::Result<()> {
    let mut content = Vec::new();
    if found.len() > 0 && found.len() <= MAX_EARLIER {
        File::open(path)?.take(MAX_EARLIER).read_to_end(&mut content)?;
    }
    if found.len() == 0 || is_announcement(&content) {
        return Ok(());
    }
    Err(refused("the file there is not an earlier announcement, and stays as it is"))
}

fn is_announcement(content: &[u8]) -> bool {
    let value: Result<Value, _> = serde_json::from_slice(content);
    value.is_ok_and(|value| {
        matches!(value["event"].as_str(), Some("ready" | "failed")) && value["pid"].is_u64()
    })
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, why)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a temporary file and renames it (rename(2)), so that a reader never sees incomplete
/// content.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // A file of this name may be there, even of another worker with this pid.
    let names = (0..100).map(|number| format!(".{name}.{}-{number}", process::id()));
    for beside in names.map(|name| path.with_file_name(name)) {
        let mut file = match File::options().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&beside, path));
        return written.inspect_err(|_| drop(fs::remove_file(&beside)));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn write_in_place(path: &Path, text: &str, limit: Duration) -> io::Result<()> {
    let deadline = Instant::now() + limit;
    write_all(open_in_place(path, deadline)?, text.as_bytes(), deadline)
}

/// Opens a file without creating it; a named pipe once it has a reader.
fn open_in_place(path: &Path, deadline: Instant) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = File::options();
    options.append(true).custom_flags(flags.bits().cast_signed());
    loop {
        match options.open(path) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => {
                if Instant::now() >= deadline {
                    return Err(timed_out("nobody has opened it for reading"));
                }
                thread::sleep(POLL);
            }
            file => return file,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    const EARLIER: &str = "{\"event\":\"ready\",\"proto\":1,\"pid\":7}\n";
    const LIMIT: Duration = Duration::from_millis(50);

    #[track_caller]
    fn assert_refused(path: &Path, why: &str) {
        let error = AnnounceFile::new(path).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }

    fn fifo(path: &Path) {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }

    #[test]
    fn a_new_file_replaces_nothing_but_an_earlier_announcement() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for earlier in [None, Some(""), Some(EARLIER)] {
            if let Some(earlier) = earlier {
                fs::write(&path, earlier).unwrap();
            }
            let file = AnnounceFile::new(&path).unwrap();
            assert!(!path.exists());
            file.write("x\n", LIMIT).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "x\n");
            fs::remove_file(&path).unwrap();
        }
        // A file of somebody else appears after the start.
        let file = AnnounceFile::new(&path).unwrap();
        fs::write(&path, "precious").unwrap();
        assert!(file.write("x\n", LIMIT).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_temporary_file_of_the_same_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join(format!(".a.{}-0", process::id()));
        fs::write(&other, "precious").unwrap();
        let path = folder.path().join("a");
        AnnounceFile::new(&path).unwrap().write("x\n", LIMIT).unwrap();
        assert_eq!(fs::read_to_string(other).unwrap(), "precious");
        assert_eq!(fs::read_to_string(path).unwrap(), "x\n");
    }

    #[test]
    fn other_files_are_refused_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for content in ["precious", "{}", "{\"event\":\"ready\"}", &format!("{EARLIER}{EARLIER}")] {
            fs::write(&path, content).unwrap();
            assert_refused(&path, "not an earlier announcement");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        fs::write(&path, EARLIER).unwrap();
        let other = folder.path().join("b");
        fs::hard_link(&path, &other).unwrap();
        assert_refused(&path, "hard links");
        fs::remove_file(&other).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert_refused(&path, "read-only");
        assert_eq!(fs::read_to_string(&path).unwrap(), EARLIER);
        assert_refused(folder.path(), "folder");
        let _listener = UnixListener::bind(&other).unwrap();
        assert_refused(&other, "socket");
        assert_refused(&folder.path().join("no/such"), "No such file");
    }

    #[test]
    fn devices_pipes_and_links_are_written_to_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        AnnounceFile::new(Path::new("/dev/null")).unwrap().write("x\n", LIMIT).unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        symlink(&path, &link).unwrap();
        assert_refused(&link, "does not exist");
        for earlier in ["", EARLIER] {
            fs::write(&path, earlier).unwrap();
            let file = AnnounceFile::new(&link).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "");
            file.write("x\n", LIMIT).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "x\n");
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        fs::write(&path, "precious").unwrap();
        assert_refused(&link, "not an earlier announcement");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

        let pipe = folder.path().join("pipe");
        fifo(&pipe);
        let file = AnnounceFile::new(&pipe).unwrap();
        let error = file.write("x\n", LIMIT).unwrap_err();
        assert!(error.to_string().contains("for reading"), "{error}");
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        file.write("x\n", Duration::from_secs(60)).unwrap();
        assert_eq!(reader.join().unwrap(), "x\n");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = AnnounceFile::new(Path::new("/dev/full")).unwrap();
        let error = full.write("x\n", LIMIT).unwrap_err();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::NOSPC));
    }
}
