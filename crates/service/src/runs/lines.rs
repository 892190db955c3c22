//! The lines of a stream, on their way from the plugin to the client.

mod buffer;
#[cfg(test)]
mod tests;

use crate::runs::cancel::CancelToken;
pub(crate) use crate::runs::lines::buffer::Lines;
use crate::runs::run::OnLeave;
use crate::runs::sync;

/// How a value is written as a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As it is.
    #[default]
    Plain,
    /// In a frame that says what it is: a chunk, the end or an error.
    Frames,
}
