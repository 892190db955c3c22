//! Ends the process.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::imp;

/// Room for a socket's lock file and the socket itself.
static REMOVED_ON_EXIT: [OnceLock<CString>; 2] = [const { OnceLock::new() }; 2];

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
    for path in REMOVED_ON_EXIT.iter().rev().filter_map(OnceLock::get) {
        imp::unlink(path);
    }
    imp::exit(code)
}

/// Registers a file for [`now`] to remove; there is room for two.
pub fn remove_on_exit(path: &Path) {
    // A path with a null byte cannot have been opened.
    let mut path = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    for slot in &REMOVED_ON_EXIT {
        match slot.set(path) {
            Ok(()) => return,
            Err(returned) => path = returned,
        }
    }
}
