//! Opens what a caller names, if it is a regular file.

use std::fs::File;
use std::path::Path;
use std::{fs, io};

use super::reason::Reason;

/// Opens a regular file.
pub(super) fn open(path: &Path) -> Result<File, Reason> {
    // Checked before opening, because opening a pipe waits for a writer.
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Reason::NotFound,
        _ => Reason::Open(error),
    };
    let kind = fs::metadata(path).map_err(refused)?.file_type();
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => Err(Reason::Folder),
        (_, false) => Err(Reason::NotAFile),
        _ => File::open(path).map_err(refused),
    }
}
