//! Ends the process.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io, thread};

use crate::imp;

/// Room for a socket's lock file and the socket itself.
static REMOVED_ON_EXIT: [OnceLock<OwnFile>; 2] = [const { OnceLock::new() }; 2];

/// A file that this process has made.
#[derive(Debug)]
struct OwnFile {
    path: CString,
    /// Device and inode: by the end, the path may be that of somebody else's file.
    id: (u64, u64),
}

/// Ends the process without running destructors or exit handlers.
///
/// Destructors and exit handlers of a loaded library can hang, and exit(3) would wait for them.
/// Files registered with [`remove_on_exit`] are removed first.
/// The first caller ends the process; all others block.
pub fn now(code: u8) -> ! {
    static EXITING: AtomicBool = AtomicBool::new(false);
    // A second removal could delete files that another worker has created in the meantime.
    while EXITING.swap(true, Ordering::Relaxed) {
        thread::park();
    }
    // The lock is removed last: its next owner may use the path.
    for file in REMOVED_ON_EXIT.iter().rev().filter_map(OnceLock::get) {
        if imp::file_id(&file.path) == Some(file.id) {
            imp::unlink(&file.path);
        }
    }
    imp::exit(code)
}

/// Ends the process by a signal, as a process has ended whose exit it hands on: without a core dump,
/// since that process may have left one.
///
/// Returns an exit code where the signal has no effect, as in the first process of a pid namespace:
/// 128 plus its number, as a shell reports it. Files registered with [`remove_on_exit`] stay.
#[must_use]
pub fn by_signal(signal: i32) -> u8 {
    imp::signals::end_by(signal);
    u8::try_from(signal.saturating_add(128)).unwrap_or(u8::MAX)
}

/// Registers a file for [`now`] to remove, unless another file has its path by then; there is room
/// for two.
///
/// # Errors
/// If there is no such file, or it cannot be accessed.
pub fn remove_on_exit(path: &Path) -> io::Result<()> {
    let made = fs::symlink_metadata(path)?;
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut file = OwnFile { path, id: (made.dev(), made.ino()) };
    for slot in &REMOVED_ON_EXIT {
        match slot.set(file) {
            Ok(()) => break,
            Err(returned) => file = returned,
        }
    }
    Ok(())
}
