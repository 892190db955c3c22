//! Arrays and objects.

use serde::Serialize;
use serde::ser;

use crate::error::Error;
use crate::serializer::Serializer;
use crate::serializer::key;

/// An array or object that is being written.
pub(crate) struct Compound<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    kind: Kind,
    items: usize,
    /// Where the last key begins in the text, for errors in its value.
    key_at: usize,
    variant: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Array,
    Object,
    /// A text that is JSON already.
    Raw,
}

impl Kind {
    pub(crate) const fn opens(self) -> u8 {
        if matches!(self, Self::Array) { b'[' } else { b'{' }
    }

    pub(crate) const fn closes(self) -> u8 {
        if matches!(self, Self::Array) { b']' } else { b'}' }
    }
}

impl<'s, 'e> Compound<'s, 'e> {
    pub(crate) fn open(serializer: &'s mut Serializer<'e>, kind: Kind) -> Result<Self, Error> {
        serializer.open(kind)?;
        Ok(Self { serializer, kind, items: 0, key_at: 0, variant: None })
    }

    pub(crate) fn raw(serializer: &'s mut Serializer<'e>) -> Self {
        Self { serializer, kind: Kind::Raw, items: 0, key_at: 0, variant: None }
    }

    /// It is the content of an enum's variant, the object around which is open.
    pub(crate) fn of_variant(self, variant: &'static str) -> Self {
        Self { variant: Some(variant), ..self }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let index = self.items;
        self.serializer.separate(index == 0);
        self.items += 1;
        value.serialize(&mut *self.serializer).map_err(|error| self.located(error.at_index(index)))
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.serializer.separate(self.items == 0);
        self.items += 1;
        self.key_at = self.serializer.out.len();
        key::write(key, self.serializer)?;
        let separator = self.serializer.encoder.key_separator.as_bytes();
        self.serializer.out.extend_from_slice(separator);
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key_ends = self.serializer.out.len();
        value.serialize(&mut *self.serializer).map_err(|error| {
            let separator = self.serializer.encoder.key_separator.len();
            let key = &self.serializer.out[self.key_at..key_ends - separator];
            let key = String::from_utf8_lossy(key);
            self.located(error.at_key(key.trim_matches('"')))
        })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.kind == Kind::Raw {
            return value.serialize(key::Verbatim(self.serializer.out));
        }
        self.key(name)?;
        value.serialize(&mut *self.serializer).map_err(|error| self.located(error.at_key(name)))
    }

    #[cold]
    fn located(&self, error: Error) -> Error {
        match self.variant {
            Some(variant) => error.at_key(variant),
            None => error,
        }
    }

    fn finish(self) {
        if self.kind == Kind::Raw {
            return;
        }
        self.serializer.close(self.kind, self.items == 0);
        if self.variant.is_some() {
            self.serializer.close(Kind::Object, false);
        }
    }
}

macro_rules! items {
    ($($access:ident :: $method:ident),+) => {$(
        impl ser::$access for Compound<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )+};
}

items!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($access:ident),+) => {$(
        impl ser::$access for Compound<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )+};
}

fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}
