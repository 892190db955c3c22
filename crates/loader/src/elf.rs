//! Looks at a file before the dynamic linker does.
//!
//! A file that is cut short is a SIGBUS in `dlopen`, not an error: its pages are mapped as its
//! headers say, whether the file has them or not.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod image;

use std::env::consts::DLL_SUFFIX;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use crate::error::LoadError;
use crate::near::nearest;

/// Refuses what the dynamic linker would not take, or take badly.
pub(crate) fn check(file: &Path) -> Result<(), LoadError> {
    let (opened, size) = check_is_file(file)?;
    image::check(file, &opened, size)
}

/// Refuses what is no file with something in it; hands it out with its size in bytes.
pub(crate) fn check_is_file(file: &Path) -> Result<(fs::File, u64), LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => {
            LoadError::NoSuchFile { file: file.to_owned(), near: near(file) }
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

/// Libraries in the folder of a file that is not there whose names are much like its own.
fn near(file: &Path) -> Vec<String> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(OsStr::to_str))
    else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let libraries: Vec<String> = names.filter(|name| name.ends_with(DLL_SUFFIX)).collect();
    nearest(name, libraries.iter().map(String::as_str))
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
