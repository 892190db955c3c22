//! The announcement: one line that reports the address of the worker, or why it failed, on stdout
//! or another destination.

mod file;
mod notify;
mod write;

use std::io::IsTerminal;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, mem};

use serde::Serialize;
use universal_worker_abi::{ClassInfo, VERSION as INTERFACE};
use universal_worker_json::Encoder;
use universal_worker_listen::BoundAddress;
use universal_worker_process::{stdout, thread};

pub(crate) use crate::announce::file::AnnounceFile;
pub(crate) use crate::announce::notify::notify;
pub(crate) use crate::announce::notify::set_notify_socket;
use crate::announce::write::{CHUNK, has_room, write_all};
use crate::error::Error;
use crate::event::{Event, Reporter};

/// The opened destination of the announcement.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout,
    /// A file descriptor, which is closed after the announcement, and its inherited number.
    Fd(OwnedFd, RawFd),
    File(AnnounceFile),
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
const FAILURE_TIME: Duration = Duration::from_secs(1);

/// How long to wait for a reader of a pipe.
const PIPE_TIME: Duration = Duration::from_secs(10);

/// Sets a destination other than stdout.
pub(crate) fn set_destination(destination: Destination) {
    *DESTINATION.lock().unwrap_or_else(PoisonError::into_inner) = destination;
}

/// Writes the announcement, on a separate thread if that may take long; reports the end as an event.
pub(crate) fn start(announcement: &Announcement<'_>, reporter: Reporter) -> Result<(), Error> {
    let line = line(announcement);
    let destination = take();
    let takes_it_at_once = destination.takes_at_once(&line);
    let write = move || reporter.report(Event::Announced(destination.write(&line, PIPE_TIME)));
    if takes_it_at_once {
        write();
        return Ok(());
    }
    Ok(thread::spawn("announce", "the announcement", write)?)
}

/// Whether the announcement is still to be made, on a terminal.
pub(crate) fn goes_to_terminal() -> bool {
    let destination = DESTINATION.lock().unwrap_or_else(PoisonError::into_inner);
    matches!(*destination, Destination::Stdout) && stdout::with_original(|fd| fd.is_terminal())
}

/// Announces a failure, unless the announcement has already been made; waits at most a second for a
/// reader.
pub(crate) fn failure(error: &Error) -> Result<(), Error> {
    let line = line(&Announcement::failed(error));
    let destination = take();
    if destination.has_room(FAILURE_TIME) {
        destination.write(&line, FAILURE_TIME)
    } else {
        Err(destination.error(io::ErrorKind::TimedOut.into()))
    }
}

fn line(announcement: &Announcement<'_>) -> String {
    Encoder::compact().to_string(announcement).expect("text and numbers") + "\n"
}

fn take() -> Destination {
    let mut destination = DESTINATION.lock().unwrap_or_else(PoisonError::into_inner);
    mem::replace(&mut *destination, Destination::Nowhere)
}

impl Destination {
    /// Writes a line; waits for the reader of a pipe at most for `limit`.
    fn write(self, line: &str, limit: Duration) -> Result<(), Error> {
        let written = match &self {
            Self::Stdout => {
                stdout::write(line);
                Ok(())
            }
            Self::Fd(fd, _) => write_all(fd, line.as_bytes(), Instant::now() + limit),
            Self::File(file) => file.write(line, limit),
            Self::Nowhere => Ok(()),
        };
        written.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> Error {
        let to = match self {
            Self::Stdout | Self::Nowhere => "stdout".to_owned(),
            Self::Fd(_, fd) => format!("file descriptor {fd} (--ready-fd)"),
            Self::File(file) => return Error::announce_file(file.path(), source),
        };
        Error::Announce { to, source }
    }

    /// Whether the line can be written without waiting for a reader or a file system.
    fn takes_at_once(&self, line: &str) -> bool {
        let has_room = match self {
            Self::Stdout => stdout::with_original(|fd| has_room(fd, Duration::ZERO)),
            Self::Fd(fd, _) => has_room(fd, Duration::ZERO),
            Self::File(_) => Ok(false),
            Self::Nowhere => Ok(true),
        };
        line.len() <= CHUNK && has_room.unwrap_or(false)
    }

    /// Waits until a line can be written to stdout without blocking; the others have limits of their
    /// own.
    fn has_room(&self, limit: Duration) -> bool {
        match self {
            Self::Stdout => stdout::with_original(|fd| has_room(fd, limit)).unwrap_or(true),
            Self::Fd(..) | Self::File(_) | Self::Nowhere => true,
        }
    }
}
