//! The implementation of serde's `Serializer` for values.

use std::fmt::Display;

use serde::{Serialize, ser};

use crate::error::Error;
use crate::integer;
use crate::serializer::arrays::{ArrayWriter, VariantWriter};
use crate::serializer::objects::{MapWriter, StructWriter};
use crate::serializer::{Serializer, raw};

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
    type SerializeSeq = ArrayWriter<'s, 'e>;
    type SerializeTuple = ArrayWriter<'s, 'e>;
    type SerializeTupleStruct = ArrayWriter<'s, 'e>;
    type SerializeTupleVariant = VariantWriter<ArrayWriter<'s, 'e>>;
    type SerializeMap = MapWriter<'s, 'e>;
    type SerializeStruct = StructWriter<'s, 'e>;
    type SerializeStructVariant = VariantWriter<StructWriter<'s, 'e>>;

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
            self.out.extend_prefix(*b"true", 4);
        } else {
            self.out.extend_prefix(*b"false", 5);
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
        self.out.extend_prefix(*b"null", 4);
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
        written.map_err(|error| self.fail(error).at_name(variant))?;
        self.close_variant();
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _length: Option<usize>) -> Result<ArrayWriter<'s, 'e>, Error> {
        ArrayWriter::open(self)
    }

    #[inline]
    fn serialize_tuple(self, _length: usize) -> Result<ArrayWriter<'s, 'e>, Error> {
        ArrayWriter::open(self)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<ArrayWriter<'s, 'e>, Error> {
        ArrayWriter::open(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        self.open_variant(variant)?;
        Ok(VariantWriter { variant, content: ArrayWriter::open(self)? })
    }

    #[inline]
    fn serialize_map(self, _length: Option<usize>) -> Result<MapWriter<'s, 'e>, Error> {
        MapWriter::open(self)
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<StructWriter<'s, 'e>, Error> {
        if raw::is_token(name) { Ok(StructWriter::raw(self)) } else { StructWriter::open(self) }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        self.open_variant(variant)?;
        Ok(VariantWriter { variant, content: StructWriter::open(self)? })
    }
}
