//! The announcement: one line that reports the address of the worker, or why it failed, on stdout
//! or another destination.

mod notify;

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io, mem};

use rustix::event::{PollFd, PollFlags, Timespec};
use serde::Serialize;
use universal_worker_abi::{ClassInfo, VERSION as INTERFACE};
use universal_worker_json::Encoder;
use universal_worker_listen::BoundAddress;
use universal_worker_process::{stdout, thread};

pub(crate) use crate::announce::notify::notify;
use crate::error::Error;
use crate::event::{Event, Reporter};

/// The opened destination of the announcement.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout,
    /// A file descriptor, which is closed after the announcement.
    Fd(OwnedFd),
    /// A file that appears with its full content.
    File(PathBuf),
    /// The announcement has already been made.
    Nowhere,
}

static DESTINATION: Mutex<Destination> = Mutex::new(Destination::Stdout);

/// The version of the format; readers ignore unknown keys.
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
        hint: &'a str,
    },
}

impl<'a> Announcement<'a> {
    pub(crate) fn ready(address: &'a BoundAddress, class: &'a ClassInfo) -> Self {
        Self::Ready {
            proto: PROTO,
            pid: std::process::id(),
            url: address.url.as_deref(),
            uds: address.path.as_deref(),
            class: &class.class,
            name: &class.name,
            version: &class.version,
            abi: INTERFACE,
            worker: env!("CARGO_PKG_VERSION"),
        }
    }

    fn failed(error: &'a Error) -> Self {
        Self::Failed {
            proto: PROTO,
            pid: std::process::id(),
            stage: error.stage(),
            code: error.exit_code(),
            message: error.message(),
            hint: error.hint(),
        }
    }
}

/// How long to wait for a reader before giving up on announcing a failure.
const FAILURE_TIME: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Sets a destination other than stdout.
pub(crate) fn set_destination(destination: Destination) {
    if let Destination::File(path) = &destination {
        // Remove the file of an earlier worker. If it cannot be removed, it cannot be replaced
        // either, and the announcement reports that.
        let _ = fs::remove_file(path);
    }
    *DESTINATION.lock().unwrap_or_else(PoisonError::into_inner) = destination;
}

/// Writes on a separate thread, because the reader may be slow; reports the end as an event.
pub(crate) fn start(announcement: &Announcement<'_>, reporter: Reporter) -> Result<(), Error> {
    let line = line(announcement).map_err(Error::Announce)?;
    Ok(thread::spawn("announce", "the announcement", move || {
        reporter.report(Event::Announced(take().write(&line)));
    })?)
}

/// Whether the announcement is still to be made, on a terminal.
pub(crate) fn goes_to_terminal() -> bool {
    let destination = DESTINATION.lock().unwrap_or_else(PoisonError::into_inner);
    matches!(*destination, Destination::Stdout) && stdout::with_original(|fd| fd.is_terminal())
}

/// Announces a failure, unless the announcement has already been made; waits at most a second for a
/// reader.
pub(crate) fn failure(error: &Error) -> io::Result<()> {
    let line = line(&Announcement::failed(error))?;
    let destination = take();
    if destination.has_room(&FAILURE_TIME) {
        destination.write(&line)
    } else {
        Err(io::ErrorKind::TimedOut.into())
    }
}

fn line(announcement: &Announcement<'_>) -> io::Result<String> {
    Ok(Encoder::compact().to_string(announcement)? + "\n")
}

fn take() -> Destination {
    let mut destination = DESTINATION.lock().unwrap_or_else(PoisonError::into_inner);
    mem::replace(&mut *destination, Destination::Nowhere)
}

impl Destination {
    fn write(self, line: &str) -> io::Result<()> {
        match self {
            Self::Stdout => {
                stdout::write(line);
                Ok(())
            }
            Self::Fd(fd) => File::from(fd).write_all(line.as_bytes()),
            Self::File(path) => write_whole(&path, line),
            Self::Nowhere => Ok(()),
        }
    }

    /// Waits until a line can be written without blocking.
    fn has_room(&self, limit: &Timespec) -> bool {
        let has_room = |fd: BorrowedFd<'_>| {
            let mut polled = [PollFd::new(&fd, PollFlags::OUT)];
            rustix::event::poll(&mut polled, Some(limit)) != Ok(0)
        };
        match self {
            Self::Stdout => stdout::with_original(has_room),
            Self::Fd(fd) => has_room(fd.as_fd()),
            Self::File(_) | Self::Nowhere => true,
        }
    }
}

/// Writes a temporary file and renames it (rename(2)), so that a reader never sees incomplete
/// content.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.inspect_err(|_| drop(fs::remove_file(&beside)))
}
