//! Checks a file before the dynamic linker maps it.
//!
//! Two mistakes are common and cheap to detect: a copy that was cut short, and a file that is not a
//! library for this machine.
//! `dlopen` maps a truncated file as its headers say, so that missing bytes cause SIGBUS instead of
//! an error.
//! The dynamic linker handles all other damage.

mod header;

use std::fs::{File, metadata};
use std::io;
use std::path::Path;

use crate::error::LoadError;
use crate::folders::similar_files;

/// Rejects a file that cannot be a complete library for this machine.
pub(crate) fn check(path: &Path) -> Result<(), LoadError> {
    let (file, size) = open(path)?;
    header::check(path, &file, size)
}

/// Opens a regular file that is not empty; returns it with its size in bytes.
pub(crate) fn open(path: &Path) -> Result<(File, u64), LoadError> {
    let unreadable = |source| unreadable(path, source);
    let metadata = metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(LoadError::IsDirectory(path.to_owned()));
    }
    // Opening a named pipe would block until it has a writer.
    if !metadata.is_file() {
        return Err(LoadError::NotALibrary(path.to_owned()));
    }
    if metadata.len() == 0 {
        return Err(LoadError::Empty(path.to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    Ok((file, metadata.len()))
}

fn unreadable(path: &Path, source: io::Error) -> LoadError {
    let file = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => LoadError::NoSuchFile { file, suggestions: similar_files(path) },
        io::ErrorKind::PermissionDenied => LoadError::NoPermission(file),
        _ => LoadError::Unreadable { file, source },
    }
}
