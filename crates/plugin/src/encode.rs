//! Writes values of plugins as JSON.

use std::cell::RefCell;
use std::{fmt, mem};

use serde::Serialize;
use universal_worker_abi::{Fault, FaultKind};
use universal_worker_json::{Encoder, TextBuffer};

/// The encoder of results and lines.
pub(crate) static COMPACT: Encoder = Encoder::compact();

/// The longest text in bytes that is copied out of the buffer of its thread.
const MAX_COPY: usize = 1024;

/// The largest capacity in bytes that the buffer of a thread keeps.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<TextBuffer> = const { RefCell::new(TextBuffer::new()) };
}

/// Writes a value as compact JSON.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Fault> {
    with_buffer(|buffer| {
        let text = COMPACT.encode_to(value, buffer).map_err(cannot_write)?;
        Ok(if text.len() <= MAX_COPY { text.to_vec() } else { mem::take(buffer).into_bytes() })
    })
}

/// Runs `write` with a buffer that the current thread keeps.
pub(crate) fn with_buffer<T>(write: impl FnOnce(&mut TextBuffer) -> T) -> T {
    BUFFER.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => {
            let written = write(&mut buffer);
            if buffer.capacity() > MAX_KEPT {
                *buffer = TextBuffer::new();
            }
            written
        }
        // Encoding a value may emit another one.
        Err(_) => write(&mut TextBuffer::new()),
    })
}

/// The fault for a value that cannot be written.
pub(crate) fn cannot_write(error: impl fmt::Display) -> Fault {
    Fault::new(FaultKind::Failed, format!("cannot write what the plugin returned: {error}"))
}
