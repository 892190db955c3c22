//! The file of the record.
//!
//! An earlier record is overwritten; a device or a named pipe is written to as it is. A file that is
//! something else stays.

use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;

/// How each record starts.
const START: &[u8] = b"{\"signal\":\"SIG";

/// An open file, or none if it cannot be written.
pub(super) enum RecordFile {
    None,
    /// A regular file, which the record may overwrite.
    File(c_int),
    /// Another kind of file, which gets the record once.
    Stream(c_int),
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExistingFile {
    Nothing,
    /// An empty file, or an earlier record.
    Record,
    /// A character device or a named pipe.
    Stream,
    /// A file that cannot be read, and might be anything.
    Unreadable,
    /// Something that the record must not overwrite.
    Foreign,
}

impl RecordFile {
    /// Async-signal-safe.
    pub(super) fn open(path: &CStr) -> Self {
        let found = find(path);
        if matches!(found, ExistingFile::Foreign | ExistingFile::Unreadable) {
            return Self::None;
        }
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_CLOEXEC | libc::O_NOCTTY;
        // SAFETY: the calls get plain numbers, and a string that ends in a null byte.
        unsafe {
            let file = libc::open(path.as_ptr(), flags | libc::O_NONBLOCK, 0o600);
            match found {
                _ if file < 0 => Self::None,
                ExistingFile::Stream => Self::Stream(file),
                _ => {
                    libc::ftruncate(file, 0);
                    Self::File(file)
                }
            }
        }
    }

    /// Writes the record so far, which has no backtrace yet; whether the file can be written.
    /// Async-signal-safe.
    pub(super) fn write_start(&self, record: &[u8]) -> bool {
        match self {
            Self::None => false,
            // SAFETY: pwrite(2) gets as many bytes as there are.
            Self::File(file) => unsafe {
                libc::pwrite(*file, record.as_ptr().cast(), record.len(), 0) > 0
            },
            Self::Stream(_) => true,
        }
    }

    /// Writes the whole record. Async-signal-safe.
    pub(super) fn write_whole(&self, record: &[u8]) {
        self.write_start(record);
        if let Self::Stream(file) = self {
            // SAFETY: write(2) gets as many bytes as there are.
            unsafe { libc::write(*file, record.as_ptr().cast(), record.len()) };
        }
    }
}

/// Looks at the file at a path, without waiting. Async-signal-safe.
pub(crate) fn find(path: &CStr) -> ExistingFile {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: stat(2) gets a string that ends in a null byte, and writes the structure if it
    // returns 0.
    let stat = unsafe {
        if libc::stat(path.as_ptr(), stat.as_mut_ptr()) != 0 {
            return ExistingFile::Nothing;
        }
        stat.assume_init()
    };
    match stat.st_mode & libc::S_IFMT {
        libc::S_IFREG if stat.st_size == 0 => ExistingFile::Record,
        libc::S_IFREG => match starts_as_record(path) {
            None => ExistingFile::Unreadable,
            Some(true) => ExistingFile::Record,
            Some(false) => ExistingFile::Foreign,
        },
        libc::S_IFCHR | libc::S_IFIFO => ExistingFile::Stream,
        _ => ExistingFile::Foreign,
    }
}

/// `None` if the file cannot be read.
fn starts_as_record(path: &CStr) -> Option<bool> {
    let mut start = [0_u8; START.len()];
    // SAFETY: the calls get plain numbers, a string that ends in a null byte, and a buffer with its
    // length.
    let read = unsafe {
        let file = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK);
        if file < 0 {
            return None;
        }
        let read = libc::read(file, start.as_mut_ptr().cast(), start.len());
        libc::close(file);
        read
    };
    let read = usize::try_from(read).ok()?;
    Some(read == START.len() && start == START)
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use universal_worker_process::FixedText;

    use super::*;
    use crate::record;

    fn c_path(path: &Path) -> CString {
        CString::new(path.as_os_str().as_bytes()).unwrap()
    }

    #[test]
    fn only_a_record_is_overwritten() {
        let path =
            std::env::temp_dir().join(format!("universal-worker-record-{}", std::process::id()));
        let at = c_path(&path);
        assert_eq!(find(&at), ExistingFile::Nothing);
        let mut text = FixedText::new();
        record::begin(&mut text, &record::tests::crash(), &record::tests::subject());
        for (content, expected) in [
            (&b""[..], ExistingFile::Record),
            (text.bytes(), ExistingFile::Record),
            (b"precious", ExistingFile::Foreign),
            (b"{\"signal\":\"green\"}", ExistingFile::Foreign),
            (b"{\"signal\"", ExistingFile::Foreign),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(find(&at), expected);
            RecordFile::open(&at).write_whole(b"new");
            let left = fs::read(&path).unwrap();
            assert_eq!(left, if expected == ExistingFile::Foreign { content } else { b"new" });
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(find(c"/dev/null"), ExistingFile::Stream);
        assert_eq!(find(c"/"), ExistingFile::Foreign);
    }
}
