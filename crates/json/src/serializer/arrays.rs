//! Arrays and enum variants.

use serde::{Serialize, ser};

use crate::error::Error;
use crate::serializer::Serializer;

/// Writes an array.
pub(crate) struct ArrayWriter<'s, 'e> {
    serializer: &'s mut Serializer<'e>,
    count: usize,
}

/// Writes an object with one member, whose key is the name of an enum variant.
pub(crate) struct VariantWriter<C> {
    pub(super) variant: &'static str,
    pub(super) content: C,
}

impl<'s, 'e> ArrayWriter<'s, 'e> {
    #[inline]
    pub(super) fn open(serializer: &'s mut Serializer<'e>) -> Result<Self, Error> {
        serializer.open(b'[')?;
        Ok(Self { serializer, count: 0 })
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.serializer.begin_item(self.count == 0)?;
        let written = value.serialize(&mut *self.serializer);
        let index = self.count;
        self.count += 1;
        written.map_err(|error| self.serializer.fail(error).at_index(index))
    }

    #[inline]
    fn close(self) -> &'s mut Serializer<'e> {
        self.serializer.close(b']', self.count == 0);
        self.serializer
    }
}

impl Serializer<'_> {
    /// Writes the beginning of a variant's object, up to its value.
    pub(super) fn open_variant(&mut self, variant: &'static str) -> Result<(), Error> {
        self.open(b'{')?;
        self.separate(true);
        self.put_string(variant)?;
        self.separate_key();
        Ok(())
    }

    pub(super) fn close_variant(&mut self) {
        self.close(b'}', false);
    }
}

macro_rules! items {
    ($($access:ident :: $method:ident),+) => {$(
        impl ser::$access for ArrayWriter<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        }
    )+};
}

items!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field
);

impl ser::SerializeTupleVariant for VariantWriter<ArrayWriter<'_, '_>> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.content.item(value).map_err(|error| error.at_name(self.variant))
    }

    fn end(self) -> Result<(), Error> {
        self.content.close().close_variant();
        Ok(())
    }
}
