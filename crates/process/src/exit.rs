//! The end of the process.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::imp;

/// The lock of a socket, and then the socket.
static REMOVED_ON_EXIT: [OnceLock<CString>; 2] = [const { OnceLock::new() }; 2];

/// Ends the process without running destructors or exit handlers.
///
/// Those of a loaded library can hang, and exit(3) would wait for them.
/// Files registered with [`remove_on_exit`] are removed first.
/// The first caller ends the process; any other one blocks.
pub fn now(code: u8) -> ! {
    static EXITING: AtomicBool = AtomicBool::new(false);
    // A second removal could hit files that another worker has created meanwhile.
    while EXITING.swap(true, Ordering::Relaxed) {
        thread::park();
    }
    // The lock goes last: whoever holds it next may use the path.
    for path in REMOVED_ON_EXIT.iter().rev().filter_map(OnceLock::get) {
        imp::unlink(path);
    }
    imp::exit(code)
}

/// Registers a file that [`now`] removes; there is room for two.
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
