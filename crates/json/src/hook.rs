//! The hook for values that have no JSON form: Python's `default`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::number::literal;
use crate::serializer::Serializer;

/// A value that cannot be written under the options of the encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Unsupported<'v> {
    /// Bytes, under [`BytesFormat::Reject`](crate::BytesFormat::Reject).
    Bytes(&'v [u8]),
    /// A NaN or infinity, under [`NonFinite::Reject`](crate::NonFinite::Reject).
    NonFinite(f64),
    /// A key of an object that is not a string, number, boolean or null, as JSON text: `[1,2]` for a
    /// tuple.
    Key(&'v str),
}

/// Writes the replacement that a hook chooses for an unsupported value.
pub struct Replacement<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    position: Position,
}

/// Where an unsupported value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Value,
    /// A key; a separator precedes every key but the first.
    Key {
        first: bool,
    },
}

/// Proof that a hook has written a replacement.
#[derive(Debug)]
pub struct HookOutcome<'s>(PhantomData<&'s mut ()>);

type HookFn = dyn for<'s> Fn(Unsupported<'_>, Replacement<'s, '_>) -> Result<HookOutcome<'s>, Error>
    + Send
    + Sync;

/// The hook of an encoder.
#[derive(Clone)]
pub(crate) struct Hook(Arc<HookFn>);

impl<'s> Replacement<'s, '_> {
    /// Writes `value` in the place of the unsupported value; it counts as one level of depth.
    ///
    /// # Errors
    /// If `value` cannot be written either.
    pub fn write<T: Serialize + ?Sized>(self, value: &T) -> Result<HookOutcome<'s>, Error> {
        self.serializer.write_replacement(value, self.position)?;
        Ok(HookOutcome(PhantomData))
    }
}

impl fmt::Debug for Replacement<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replacement").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Hook {
    pub(crate) fn new<F>(function: F) -> Self
    where
        F: for<'s> Fn(Unsupported<'_>, Replacement<'s, '_>) -> Result<HookOutcome<'s>, Error>
            + Send
            + Sync
            + 'static,
    {
        Self(Arc::new(function))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Calls the encoder's hook; without one, the unsupported value is an error.
#[cold]
pub(crate) fn call(
    serializer: &mut Serializer<'_>,
    unsupported: Unsupported<'_>,
    position: Position,
) -> Result<(), Error> {
    match &serializer.encoder.hook {
        Some(hook) => (hook.0)(unsupported, Replacement { serializer, position }).map(|_| ()),
        None => Err(unsupported.into()),
    }
}

impl From<Unsupported<'_>> for Error {
    /// The error that the encoder reports without a hook.
    fn from(unsupported: Unsupported<'_>) -> Self {
        match unsupported {
            Unsupported::Bytes(_) => {
                let message = "bytes have no form in JSON: choose one with `Encoder::bytes`";
                Self::new(ErrorKind::Bytes, message)
            }
            Unsupported::NonFinite(value) => {
                Self::new(ErrorKind::NonFinite, format!("{} is not JSON", literal(value)))
            }
            Unsupported::Key(text) => {
                let shown: String = text.chars().take(SHOWN_KEY).collect();
                let message = "keys must be strings, numbers, booleans or null, not";
                Self::new(ErrorKind::Key, format!("{message} {shown}"))
            }
        }
    }
}

/// Characters of a key that an error shows.
const SHOWN_KEY: usize = 64;
