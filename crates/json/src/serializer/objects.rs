//! Objects.

use std::mem;
use std::ops::Range;

use serde::{Serialize, ser};

use crate::error::{Error, ErrorKind};
use crate::serializer::arrays::VariantWriter;
use crate::serializer::raw::Verbatim;
use crate::serializer::sort_buffer::SortMark;
use crate::serializer::{Serializer, key};

/// Writes a struct.
pub(crate) enum StructWriter<'s, 'e> {
    Object {
        serializer: &'s mut Serializer<'e>,
        empty: bool,
        mark: SortMark,
    },
    /// Not an object, but text that is already JSON.
    Raw {
        serializer: &'s mut Serializer<'e>,
    },
}

/// Writes a map.
pub(crate) struct MapWriter<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    empty: bool,
    mark: SortMark,
    /// A member was omitted.
    skipped: bool,
    last: LastKey,
}

/// The key whose value follows, for the path of an error.
enum LastKey {
    /// No value is due.
    None,
    /// Its range in the text.
    At(Range<usize>),
    /// Its JSON text, because the output may have been flushed or moved.
    Kept(Vec<u8>),
    /// It was omitted, and so is its value.
    Skipped,
}

impl<'s, 'e> StructWriter<'s, 'e> {
    #[inline]
    pub(super) fn open(serializer: &'s mut Serializer<'e>) -> Result<Self, Error> {
        serializer.open(b'{')?;
        let mark = serializer.begin_sorting();
        Ok(Self::Object { serializer, empty: true, mark })
    }

    pub(super) fn raw(serializer: &'s mut Serializer<'e>) -> Self {
        Self::Raw { serializer }
    }

    #[inline]
    pub(super) fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let (serializer, empty) = match self {
            Self::Object { serializer, empty, .. } => (serializer, empty),
            Self::Raw { serializer } => {
                let written = value.serialize(Verbatim(serializer));
                return written.map_err(|error| serializer.fail(error));
            }
        };
        serializer.put_name(name, *empty)?;
        *empty = false;
        let written = value.serialize(&mut **serializer);
        serializer.end_entry();
        written.map_err(|error| serializer.fail(error).at_name(name))
    }

    #[inline]
    pub(super) fn close(self) -> Result<&'s mut Serializer<'e>, Error> {
        match self {
            Self::Raw { serializer } => Ok(serializer),
            Self::Object { serializer, empty, mark } => {
                serializer.end_sorting(mark, false)?;
                serializer.close(b'}', empty);
                Ok(serializer)
            }
        }
    }
}

impl<'s, 'e> MapWriter<'s, 'e> {
    #[inline]
    pub(super) fn open(serializer: &'s mut Serializer<'e>) -> Result<Self, Error> {
        serializer.open(b'{')?;
        let mark = serializer.begin_sorting();
        let last = LastKey::None;
        Ok(Self { serializer, empty: true, mark, skipped: false, last })
    }

    /// Writes a key and the separators around it; returns `false` if it was omitted.
    #[inline]
    fn key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<bool, Error> {
        let serializer = &mut *self.serializer;
        let written = key::write_or_skip(key, serializer, self.empty);
        let written = written.map_err(|error| serializer.fail(error))?;
        if written {
            self.empty = false;
        } else {
            self.skipped = true;
        }
        Ok(written)
    }

    #[inline]
    fn expect_no_value(&mut self) -> Result<(), Error> {
        match self.last {
            LastKey::None => Ok(()),
            _ => Err(self.unpaired("a key without a value")),
        }
    }

    #[cold]
    fn unpaired(&mut self, message: &str) -> Error {
        self.serializer.fail(Error::new(ErrorKind::Custom, message))
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let written = value.serialize(&mut *self.serializer);
        self.serializer.end_entry();
        written.map_err(|error| self.serializer.fail(error))
    }
}

impl ser::SerializeMap for MapWriter<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.expect_no_value()?;
        let (first, before) = (self.empty, self.serializer.out.len());
        self.last = if !self.key(key)? {
            LastKey::Skipped
        } else if let Some(at) = self.serializer.key_since(before, first) {
            LastKey::At(at)
        } else {
            LastKey::Kept(key::text_of(key, self.serializer.encoder.non_finite))
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match mem::replace(&mut self.last, LastKey::None) {
            LastKey::None => Err(self.unpaired("a value without a key")),
            LastKey::Skipped => Ok(()),
            LastKey::Kept(text) => self.value(value).map_err(|error| error.at_key(&text)),
            LastKey::At(at) => {
                self.value(value).map_err(|error| error.at_key(&self.serializer.out.text()[at]))
            }
        }
    }

    #[inline]
    fn serialize_entry<K, V>(&mut self, key: &K, value: &V) -> Result<(), Error>
    where
        K: Serialize + ?Sized,
        V: Serialize + ?Sized,
    {
        if !self.key(key)? {
            return Ok(());
        }
        let non_finite = self.serializer.encoder.non_finite;
        self.value(value).map_err(|error| error.at_key(&key::text_of(key, non_finite)))
    }

    #[inline]
    fn end(mut self) -> Result<(), Error> {
        self.expect_no_value()?;
        self.serializer.end_sorting(self.mark, self.skipped)?;
        self.serializer.close(b'}', self.empty);
        Ok(())
    }
}

impl ser::SerializeStruct for StructWriter<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close().map(|_| ())
    }
}

impl ser::SerializeStructVariant for VariantWriter<StructWriter<'_, '_>> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.content.field(name, value).map_err(|error| error.at_name(self.variant))
    }

    fn end(self) -> Result<(), Error> {
        self.content.close()?.close_variant();
        Ok(())
    }
}
