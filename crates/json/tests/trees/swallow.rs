//! Values that ignore errors of their parts.

use std::cell::Cell;

/// What a value does when one of its parts cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    Pass,
    Swallow,
}

thread_local! {
    static SWALLOWED: Cell<bool> = const { Cell::new(false) };
    static KEYS: Cell<usize> = const { Cell::new(0) };
}

impl OnError {
    pub(super) fn handle<E>(self, written: Result<(), E>) -> Result<(), E> {
        if self == Self::Pass || written.is_ok() {
            return written;
        }
        // The text of an unsupported key is only for the hook, and may be empty.
        if KEYS.get() == 0 {
            SWALLOWED.set(true);
        }
        Ok(())
    }
}

/// Runs `write` for a key.
pub(super) fn within_key<T>(write: impl FnOnce() -> T) -> T {
    KEYS.set(KEYS.get() + 1);
    let written = write();
    KEYS.set(KEYS.get() - 1);
    written
}

/// The result of `write`, and whether a value ignored an error meanwhile.
pub(super) fn watch<T>(write: impl FnOnce() -> T) -> (T, bool) {
    SWALLOWED.set(false);
    KEYS.set(0);
    let written = write();
    (written, SWALLOWED.get())
}
