//! Whether the file for the crash record can be written, asked before it is needed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Access, OFlags};

/// A warning if the file cannot be written; changes and creates nothing.
pub(crate) fn problem(file: &Path) -> Option<String> {
    let error = check(file).err()?;
    let file = file.display();
    Some(format!("--crash-file: {file} cannot be written, a crash will leave no record: {error}"))
}

fn check(file: &Path) -> io::Result<()> {
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

    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_told_with_its_cause() {
        let dir = tempfile::tempdir().unwrap();
        let missing = problem(&dir.path().join("no/crash.json")).unwrap();
        assert!(missing.contains("its folder does not exist"), "{missing}");
        let folder = problem(dir.path()).unwrap();
        assert!(folder.contains("Is a directory"), "{folder}");
    }

    #[test]
    fn the_check_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("crash.json");
        assert_eq!(problem(&file), None);
        assert!(!file.exists());
        fs::write(&file, "former").unwrap();
        assert_eq!(problem(&file), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), "former");
    }
}
