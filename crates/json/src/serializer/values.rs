//! What serde hands over, kind by kind.

use std::fmt::Display;

use serde::Serialize;
use serde::ser;

use crate::error::Error;
use crate::integer;
use crate::serializer::Serializer;
use crate::serializer::items::InVariant;
use crate::serializer::items::Items;
use crate::serializer::members::Fields;
use crate::serializer::members::Members;
use crate::serializer::raw;

macro_rules! integers {
    ($($method:ident($type:ty): $write:ident),+ $(,)?) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            integer::$write(&mut self.out, value.into());
            Ok(())
        }
    )+};
}

impl<'s, 'e> ser::Serializer for &'s mut Serializer<'e> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'s, 'e>;
    type SerializeTuple = Items<'s, 'e>;
    type SerializeTupleStruct = Items<'s, 'e>;
    type SerializeTupleVariant = InVariant<Items<'s, 'e>>;
    type SerializeMap = Members<'s, 'e>;
    type SerializeStruct = Fields<'s, 'e>;
    type SerializeStructVariant = InVariant<Fields<'s, 'e>>;

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
        serialize_u128(u128): write_u128,
    );

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        if value {
            self.out.extend_by_first(*b"true", 4);
        } else {
            self.out.extend_by_first(*b"false", 5);
        }
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.put_float(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.put_float(value)
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.put_string(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.put_string(value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.put_displayed(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.put_bytes(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_by_first(*b"null", 4);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.put_string(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant)?;
        let written = value.serialize(&mut *self);
        written.map_err(|error| self.passed(error).at_name(variant))?;
        self.close_variant();
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'s, 'e>, Error> {
        Items::open(self)
    }

    #[inline]
    fn serialize_tuple(self, _length: usize) -> Result<Items<'s, 'e>, Error> {
        Items::open(self)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Items<'s, 'e>, Error> {
        Items::open(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.open_variant(variant)?;
        Ok(InVariant { variant, content: Items::open(self)? })
    }

    #[inline]
    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'s, 'e>, Error> {
        Members::open(self)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Fields<'s, 'e>, Error> {
        if raw::is_token(name) { Ok(Fields::raw(self)) } else { Fields::open(self) }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.open_variant(variant)?;
        Ok(InVariant { variant, content: Fields::open(self)? })
    }
}
