//! The one line that tells the host where the worker is, or why it is not: on stdout, or where the
//! host wants it.

mod notify;

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::mem;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use serde::Serialize;
use universal_worker_json::Encoder;
use universal_worker_loader::ClassInfo;
use universal_worker_loader::INTERFACE;

pub(crate) use crate::announce::notify::notify;
use crate::event::Event;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::listen::Told;
use crate::stdout;
use crate::threads;

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

    fn failed(failure: &Failure) -> Self {
        let (code, stage, hint) = failure.told();
        let message = failure.message();
        Self::Failed { proto: PROTO, pid: std::process::id(), stage, code, message, hint }
    }
}

/// How long somebody may take to read that the worker has failed.
const FOR_A_FAILURE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// From now on announcements go there, and not to stdout.
pub(crate) fn to(destination: Destination) {
    if let Destination::File(path) = &destination {
        // What another worker left there says nothing of this one; what cannot be removed cannot be
        // replaced either, which is told then.
        let _ = fs::remove_file(path);
    }
    *DESTINATION.lock().unwrap_or_else(PoisonError::into_inner) = destination;
}

/// Tells on a thread of its own, since it may be long until somebody reads; what came of it is an
/// event.
pub(crate) fn begin(announcement: &Announcement<'_>, reporter: Reporter) -> Result<(), Failure> {
    let line = line(announcement).map_err(Failure::Announce)?;
    threads::spawn("announce", "the announcement", move || {
        reporter.tell(Event::Announced(take().write(&line)));
    })
}

/// Tells what made the worker fail, and waits at most a moment for somebody to read.
pub(crate) fn tell_failure(failure: &Failure) -> io::Result<()> {
    let line = line(&Announcement::failed(failure))?;
    let destination = take();
    if destination.has_room(&FOR_A_FAILURE) {
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
            Self::Inherited(fd) => File::from(fd).write_all(line.as_bytes()),
            Self::File(path) => write_whole(&path, line),
            Self::Nowhere => Ok(()),
        }
    }

    /// Waits until a line can be written without waiting.
    fn has_room(&self, limit: &Timespec) -> bool {
        let has_room = |fd: BorrowedFd<'_>| {
            let mut polled = [PollFd::new(&fd, PollFlags::OUT)];
            rustix::event::poll(&mut polled, Some(limit)) != Ok(0)
        };
        match self {
            Self::Stdout => stdout::with_fd(has_room),
            Self::Inherited(fd) => has_room(fd.as_fd()),
            Self::File(_) | Self::Nowhere => true,
        }
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
