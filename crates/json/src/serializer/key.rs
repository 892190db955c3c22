//! Map keys, which become strings as in Python.

use std::fmt::{Display, Write};

use serde::ser::Impossible;
use serde::{Serialize, ser};

use crate::buffer::Buffer;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::hook::{Position, Unsupported};
use crate::number::Float;
use crate::options::NonFinite;
use crate::serializer::Serializer;
use crate::serializer::reject::reject_compounds;
use crate::serializer::sort_key::SortKey;
use crate::{hook, integer, number};

/// Writes a key and the separators around it; returns `false` if an unsupported key was omitted.
///
/// Numbers, booleans and null become strings of their JSON text.
#[inline]
pub(super) fn write_or_skip<K: Serialize + ?Sized>(
    key: &K,
    serializer: &mut Serializer<'_>,
    first: bool,
) -> Result<bool, Error> {
    match key.serialize(Key { serializer, first }) {
        Ok(()) => Ok(true),
        Err(error) if error.is_unsupported_key() => replace_or_skip(key, serializer, first),
        Err(error) => Err(error),
    }
}

/// Writes a key that the hook chose.
pub(super) fn write<K: Serialize + ?Sized>(
    key: &K,
    serializer: &mut Serializer<'_>,
    first: bool,
) -> Result<(), Error> {
    match key.serialize(Key { serializer, first }) {
        // It is never omitted, since the hook chose it.
        Err(error) if error.is_unsupported_key() => replace(key, serializer, first),
        written => written,
    }
}

/// The JSON text of a written key, for the path of an error.
#[cold]
pub(super) fn text_of<K: Serialize + ?Sized>(key: &K, non_finite: NonFinite) -> Vec<u8> {
    let encoder = Encoder::compact().allow_nan(non_finite);
    let mut serializer = Serializer::new(&encoder, Buffer::default());
    match key.serialize(Key { serializer: &mut serializer, first: true }) {
        Ok(()) => serializer.out.text()[..serializer.out.len() - 1].to_vec(),
        // The hook replaced it.
        Err(_) => text_as_value(key, KEY_LEVELS).unwrap_or_default().into_bytes(),
    }
}

/// Maximum depth of an unsupported key, including the keys within it.
const KEY_LEVELS: usize = 16;

/// The text of an unsupported key, encoded like a value.
fn text_as_value<K: Serialize + ?Sized>(key: &K, levels: usize) -> Result<String, Error> {
    Encoder::compact().allow_nan(true).check_circular(levels).to_string(key)
}

#[cold]
fn replace_or_skip<K: Serialize + ?Sized>(
    key: &K,
    serializer: &mut Serializer<'_>,
    first: bool,
) -> Result<bool, Error> {
    if serializer.encoder.skip_keys {
        return Ok(false);
    }
    replace(key, serializer, first).map(|()| true)
}

#[cold]
fn replace<K: Serialize + ?Sized>(
    key: &K,
    serializer: &mut Serializer<'_>,
    first: bool,
) -> Result<(), Error> {
    let text = text_as_value(key, serializer.levels_left.min(KEY_LEVELS))?;
    hook::call(serializer, Unsupported::Key(&text), Position::Key { first })
}

/// The serializer of a key; it writes nothing before the key is known to be supported.
struct Key<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    first: bool,
}

fn unsupported_key() -> Error {
    Error::unsupported_key()
}

impl Key<'_, '_> {
    #[inline]
    fn quoted(self, write: impl FnOnce(&mut Buffer), sorted_as: SortKey) -> Result<(), Error> {
        let serializer = self.serializer;
        serializer.begin_member(self.first)?;
        serializer.out.push(b'"');
        write(&mut serializer.out);
        serializer.out.push(b'"');
        serializer.sort_by(sorted_as);
        serializer.separate_key();
        Ok(())
    }

    fn float<F: Float>(self, value: F) -> Result<(), Error> {
        let wide = value.into();
        match self.serializer.encoder.non_finite {
            NonFinite::Reject if !wide.is_finite() => {
                let position = Position::Key { first: self.first };
                hook::call(self.serializer, Unsupported::NonFinite(wide), position)
            }
            non_finite => {
                self.quoted(|out| number::write(out, value, non_finite), SortKey::Float(wide))
            }
        }
    }
}

macro_rules! integers {
    ($($method:ident($type:ty): $write:ident),+ $(,)?) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            let write = |out: &mut Buffer| integer::$write(out, value.into());
            self.quoted(write, SortKey::Integer(value.into()))
        }
    )+};
}

impl ser::Serializer for Key<'_, '_> {
    reject_compounds!((), unsupported_key);

    integers!(
        serialize_i8(i8): write_i64,
        serialize_i16(i16): write_i64,
        serialize_i32(i32): write_i64,
        serialize_i64(i64): write_i64,
        serialize_i128(i128): write_i128,
        serialize_u8(u8): write_u64,
        serialize_u16(u16): write_u64,
        serialize_u32(u32): write_u64,
        serialize_u64(u64): write_u64,
    );

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        let sorted_as = i128::try_from(value).map_or(SortKey::Large(value), SortKey::Integer);
        self.quoted(|out| integer::write_u128(out, value), sorted_as)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.quoted(|out| out.extend(word), SortKey::Integer(value.into()))
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.serializer.put_key(value, self.first)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.quoted(|out| out.extend(b"null"), SortKey::Null)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }
}
