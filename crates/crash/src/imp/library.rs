//! Whether the file of a loaded library has changed.
//!
//! A library is mapped, not read: what is written into its file later becomes its code, and what is
//! cut off is an invalid address (SIGBUS). A file that was renamed over it is another one, and does
//! no harm.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

/// A file as it was when it was mapped.
struct Mapped {
    path: CString,
    state: State,
}

#[derive(PartialEq, Eq)]
struct State {
    /// Device and inode.
    id: (libc::dev_t, libc::ino_t),
    /// Size, and time of the last change of its content.
    content: (libc::off_t, libc::time_t, i64),
}

static MAPPED: OnceLock<Mapped> = OnceLock::new();

/// Remembers the state of a file that is to be mapped.
pub(crate) fn remember(file: &Path) {
    // The plugin may change the working directory.
    let path = std::path::absolute(file).ok();
    let path = path.and_then(|path| CString::new(path.as_os_str().as_bytes()).ok());
    if let Some((path, state)) = path.and_then(|path| state(&path).map(|state| (path, state))) {
        MAPPED.get_or_init(|| Mapped { path, state });
    }
}

/// Whether the content of the remembered file has changed; async-signal-safe.
pub(super) fn has_changed() -> bool {
    MAPPED.get().is_some_and(Mapped::has_changed)
}

impl Mapped {
    fn has_changed(&self) -> bool {
        state(&self.path)
            .is_some_and(|now| now.id == self.state.id && now.content != self.state.content)
    }
}

fn state(path: &CString) -> Option<State> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: stat(2) gets a string that ends in a null byte, and writes the structure if it
    // returns 0.
    let stat = unsafe {
        if libc::stat(path.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    let content = (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    Some(State { id: (stat.st_dev, stat.st_ino), content })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn only_a_file_that_was_written_to_has_changed() {
        let name = format!("universal-worker-library-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let other = path.with_extension("new");
        let map = || {
            let path = CString::new(path.as_os_str().as_bytes()).unwrap();
            let state = state(&path).unwrap();
            Mapped { path, state }
        };
        fs::write(&path, "code").unwrap();
        let mapped = map();
        assert!(!mapped.has_changed());
        // A new name, or other permissions, are no change.
        fs::hard_link(&path, &other).unwrap();
        fs::remove_file(&other).unwrap();
        assert!(!mapped.has_changed());
        fs::write(&path, "other").unwrap();
        assert!(mapped.has_changed());

        let mapped = map();
        fs::File::options().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        assert!(mapped.has_changed());
        let mapped = map();
        fs::write(&path, "").unwrap();
        assert!(mapped.has_changed());

        let mapped = map();
        fs::write(&other, "renamed over it").unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(!mapped.has_changed());
        fs::remove_file(&path).unwrap();
        assert!(!mapped.has_changed());
    }
}
