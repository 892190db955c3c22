//! Stderr, for writers that must not wait.

use crate::imp;

/// Writes to stderr if that is possible without blocking; else drops the bytes.
///
/// Async-signal-safe: takes no lock and allocates nothing (signal-safety(7)).
pub fn try_write(bytes: &[u8]) {
    imp::try_write_stderr(bytes);
}
