//! The hook for what cannot be written: Python's `default`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::error::ErrorKind;
use crate::number::literal;
use crate::serializer::Serializer;

/// What cannot be written under the options of the encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Refused<'v> {
    /// Bytes, where they are to be [refused](crate::BytesForm::Refuse).
    Bytes(&'v [u8]),
    /// A float that is no number in JSON, where it is to be [refused](crate::NonFinite::Refuse).
    NonFinite(f64),
    /// A key of an object that is neither a string, a number, a boolean nor null, by its own JSON
    /// text: `[1,2]` for a tuple.
    Key(&'v str),
}

/// Where the hook's answer goes.
pub struct Answer<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    place: Place,
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Value,
    /// Before a key that is not the first one, there is a separator.
    Key {
        first: bool,
    },
}

/// The hook has answered.
#[derive(Debug)]
pub struct Answered<'s>(PhantomData<&'s mut ()>);

type Function =
    dyn for<'s> Fn(Refused<'_>, Answer<'s, '_>) -> Result<Answered<'s>, Error> + Send + Sync;

/// The hook of an encoder.
#[derive(Clone)]
pub(crate) struct Hook(Arc<Function>);

impl<'s> Answer<'s, '_> {
    /// Writes `value` instead, which may be anything that can stand there; it counts as a level of
    /// depth.
    ///
    /// # Errors
    /// Where that value cannot be written either.
    pub fn with<T: Serialize + ?Sized>(self, value: &T) -> Result<Answered<'s>, Error> {
        self.serializer.instead(value, self.place)?;
        Ok(Answered(PhantomData))
    }
}

impl fmt::Debug for Answer<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Hook {
    pub(crate) fn new<F>(function: F) -> Self
    where
        F: for<'s> Fn(Refused<'_>, Answer<'s, '_>) -> Result<Answered<'s>, Error>
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

/// Asks the hook, if there is one, what to write instead.
#[cold]
pub(crate) fn ask(
    serializer: &mut Serializer<'_>,
    refused: Refused<'_>,
    place: Place,
) -> Result<(), Error> {
    match &serializer.encoder.hook {
        Some(hook) => (hook.0)(refused, Answer { serializer, place }).map(|_| ()),
        None => Err(refused.into()),
    }
}

impl From<Refused<'_>> for Error {
    /// The error that there is without a hook.
    fn from(refused: Refused<'_>) -> Self {
        match refused {
            Refused::Bytes(_) => {
                let message = "bytes have no form in JSON: choose one by `Encoder::bytes`";
                Self::new(ErrorKind::Bytes, message)
            }
            Refused::NonFinite(value) => {
                Self::new(ErrorKind::NonFinite, format!("{} is not JSON", literal(value)))
            }
            Refused::Key(text) => {
                let shown: String = text.chars().take(SHOWN_KEY).collect();
                let message = "keys must be strings, numbers, booleans or null, not";
                Self::new(ErrorKind::Key, format!("{message} {shown}"))
            }
        }
    }
}

/// Characters of a key that an error shows.
const SHOWN_KEY: usize = 64;
