//! Writes to stderr without blocking.

use crate::imp;

/// Writes to stderr if that is possible without blocking; otherwise drops the bytes.
///
/// Async-signal-safe: takes no lock and allocates nothing (signal-safety(7)).
pub fn try_write(bytes: &[u8]) {
    imp::try_write_stderr(bytes);
}
