//! The one line that tells the host where the worker is, or why it is not: on stdout, or where the
//! host wants it.

mod notify;

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::mem;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Serialize;
use universal_worker_loader::ClassInfo;
use universal_worker_loader::INTERFACE;

pub(crate) use crate::announce::notify::notify;
use crate::failure::Failure;
use crate::listen::Told;

/// Where the announcement goes.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout,
    /// A file descriptor, which is closed after it.
    Inherited(OwnedFd),
    /// A file that is there with the whole of it, or is not.
    File(PathBuf),
    /// It was told, and is told once.
    Nowhere,
}

static DESTINATION: Mutex<Destination> = Mutex::new(Destination::Stdout);

/// The version of the announcement; readers ignore keys that they do not know.
const PROTO: u32 = 1;

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Announcement<'a> {
    Ready {
        proto: u32,
        pid: u32,
        url: Option<&'a str>,
        uds: Option<&'a Path>,
        class: &'a str,
        name: &'a str,
        version: &'a str,
        abi: &'a str,
        worker: &'a str,
    },
    Failed {
        proto: u32,
        pid: u32,
        stage: &'a str,
        code: u8,
        message: String,
        hint: String,
    },
}

impl<'a> Announcement<'a> {
    pub(crate) fn ready(told: &'a Told, class: &'a ClassInfo) -> Self {
        Self::Ready {
            proto: PROTO,
            pid: std::process::id(),
            url: told.url.as_deref(),
            uds: told.path.as_deref(),
            class: &class.class,
            name: &class.name,
            version: &class.version,
            abi: INTERFACE,
            worker: env!("CARGO_PKG_VERSION"),
        }
    }

    pub(crate) fn failed(failure: &Failure) -> Self {
        let (code, stage, hint) = failure.told();
        let message = failure.message();
        Self::Failed { proto: PROTO, pid: std::process::id(), stage, code, message, hint }
    }
}

/// From now on announcements go there, and not to stdout.
pub(crate) fn to(destination: Destination) {
    *DESTINATION.lock().unwrap_or_else(PoisonError::into_inner) = destination;
}

pub(crate) fn tell(announcement: &Announcement<'_>) -> io::Result<()> {
    let line = serde_json::to_string(announcement)? + "\n";
    let mut destination = DESTINATION.lock().unwrap_or_else(PoisonError::into_inner);
    match mem::replace(&mut *destination, Destination::Nowhere) {
        Destination::Stdout => {
            print(&line);
            Ok(())
        }
        Destination::Inherited(fd) => File::from(fd).write_all(line.as_bytes()),
        Destination::File(path) => write_whole(&path, &line),
        Destination::Nowhere => Ok(()),
    }
}

/// Writes beside the file, and then puts that in its place (rename(2)), so that who waits for the
/// file never reads a part of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Writes to stdout; a host that closed it does not want to know.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
