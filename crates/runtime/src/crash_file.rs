//! Whether the file for the crash record is suitable, asked before it is needed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Access, OFlags};
use universal_worker_crash as crash;
use universal_worker_sanitize as sanitize;

use crate::error::Error;

/// Returns a warning if the file cannot be written; changes and creates nothing.
///
/// # Errors
/// If what is there is something else than an earlier record.
pub(crate) fn check(file: &Path) -> Result<Option<String>, Error> {
    let path = sanitize::path(file);
    match crash::check_record(file).and_then(|()| check_writable(file)) {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::usage(format!("--crash-file: {path}: {error}")))
        }
        Err(error) => Ok(Some(format!(
            "--crash-file: {path} cannot be written, a crash will leave no record: {error}"
        ))),
    }
}

fn check_writable(file: &Path) -> io::Result<()> {
    // A FIFO must not block.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let opened: io::Result<File> = OpenOptions::new().append(true).custom_flags(flags).open(file);
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = file.parent().unwrap_or(Path::new("/"));
            if !folder.try_exists()? {
                return Err(io::Error::new(error.kind(), "its folder does not exist"));
            }
            Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
        }
        opened => opened.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const RECORD: &str = "{\"signal\":\"SIGSEGV\"}";

    #[test]
    fn a_file_that_cannot_be_written_is_reported_with_its_cause() {
        let dir = tempfile::tempdir().unwrap();
        let missing = check(&dir.path().join("no/crash.json")).unwrap().unwrap();
        assert!(missing.contains("its folder does not exist"), "{missing}");
        // Root may read and write any file.
        if !rustix::process::geteuid().is_root() {
            for mode in [0o200, 0o400] {
                let file = dir.path().join("crash.json");
                fs::write(&file, RECORD).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
                let warning = check(&file).unwrap().unwrap();
                assert!(warning.contains("Permission denied"), "{mode:o}: {warning}");
                fs::remove_file(&file).unwrap();
            }
        }
    }

    #[test]
    fn something_else_is_an_error_with_its_kind() {
        let dir = tempfile::tempdir().unwrap();
        let folder = check(dir.path()).unwrap_err().to_string();
        assert!(folder.ends_with("it is a folder"), "{folder}");
        let file = dir.path().join("crash.json");
        fs::write(&file, "precious").unwrap();
        let other = check(&file).unwrap_err().to_string();
        assert!(other.contains("not an earlier crash record"), "{other}");
    }

    #[test]
    fn the_check_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("crash.json");
        assert_eq!(check(&file).unwrap(), None);
        assert!(!file.exists());
        fs::write(&file, RECORD).unwrap();
        assert_eq!(check(&file).unwrap(), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), RECORD);
    }
}
