//! Looks at a file before the dynamic linker does.
//!
//! A file that is cut short is a SIGBUS in `dlopen`, not an error: its pages are mapped as its
//! headers say, whether the file has them or not.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod image;

use std::fs;
use std::io;
use std::path::Path;

use crate::error::LoadError;
use crate::resolve;

/// Refuses what the dynamic linker would not take, or take badly.
pub(crate) fn check(file: &Path) -> Result<(), LoadError> {
    let (opened, size) = check_is_file(file)?;
    image::check(file, &opened, size)
}

/// Refuses what is no file with something in it; hands it out with its size in bytes.
pub(crate) fn check_is_file(file: &Path) -> Result<(fs::File, u64), LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => {
            LoadError::NoSuchFile { file: file.to_owned(), near: resolve::near(file) }
        }
        io::ErrorKind::PermissionDenied => LoadError::NoPermission(file.to_owned()),
        _ => LoadError::Unreadable { file: file.to_owned(), source },
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(LoadError::Folder(file.to_owned()));
    }
    // Opening a named pipe would wait for its writer.
    if !metadata.is_file() {
        return Err(LoadError::NotALibrary(file.to_owned()));
    }
    if metadata.len() == 0 {
        return Err(LoadError::Empty(file.to_owned()));
    }
    let opened = fs::File::open(file).map_err(unreadable)?;
    Ok((opened, metadata.len()))
}

/// Elsewhere the dynamic linker is the only judge.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod image {
    use std::fs;
    use std::path::Path;

    use crate::error::LoadError;

    pub(super) fn check(_: &Path, _: &fs::File, _: u64) -> Result<(), LoadError> {
        Ok(())
    }
}
