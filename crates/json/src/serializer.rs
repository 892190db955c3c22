//! serde's serializer.

mod compound;
mod key;

use serde::Serialize;
use serde::ser;

use crate::encoder::Encoder;
use crate::error::Error;
use crate::number;
use crate::number::Float;
use crate::serializer::compound::Compound;
use crate::serializer::compound::Kind;
use crate::string;

/// The name by which serde_json's `RawValue` asks for its text to be taken as it is.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

pub(crate) struct Serializer<'e> {
    encoder: &'e Encoder,
    out: &'e mut Vec<u8>,
    depth: usize,
}

impl<'e> Serializer<'e> {
    pub(crate) fn new(encoder: &'e Encoder, out: &'e mut Vec<u8>) -> Self {
        Self { encoder, out, depth: 0 }
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn put_integer<I: itoa::Integer>(&mut self, value: I) {
        self.put(itoa::Buffer::new().format(value));
    }

    fn put_float<F: Float>(&mut self, value: F) -> Result<(), Error> {
        number::write_float(self.out, value, self.encoder)
    }

    fn put_string(&mut self, text: &str) {
        string::write(self.out, text, self.encoder.ensure_ascii);
    }

    fn open(&mut self, kind: Kind) -> Result<(), Error> {
        if self.depth >= self.encoder.max_depth {
            let limit = self.encoder.max_depth;
            return Err(Error::new(format!("more than {limit} levels are nested")));
        }
        self.depth += 1;
        self.out.push(kind.opens());
        Ok(())
    }

    /// What stands before an item.
    fn separate(&mut self, first: bool) {
        if !first {
            self.out.extend_from_slice(self.encoder.item_separator.as_bytes());
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if let Some(indent) = &self.encoder.indent {
            self.out.push(b'\n');
            for _ in 0..self.depth {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }

    fn close(&mut self, kind: Kind, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.new_line();
        }
        self.out.push(kind.closes());
    }

    /// A member of an object of one: the form of enum variants with content.
    fn open_variant(&mut self, variant: &str) -> Result<(), Error> {
        self.open(Kind::Object)?;
        self.separate(true);
        self.put_string(variant);
        self.out.extend_from_slice(self.encoder.key_separator.as_bytes());
        Ok(())
    }
}

impl<'s, 'e> ser::Serializer for &'s mut Serializer<'e> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'s, 'e>;
    type SerializeTuple = Compound<'s, 'e>;
    type SerializeTupleStruct = Compound<'s, 'e>;
    type SerializeTupleVariant = Compound<'s, 'e>;
    type SerializeMap = Compound<'s, 'e>;
    type SerializeStruct = Compound<'s, 'e>;
    type SerializeStructVariant = Compound<'s, 'e>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.put_integer(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.put_float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.put_float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.put_string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.put_string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.put("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant)?;
        value.serialize(&mut *self).map_err(|error| error.at_key(variant))?;
        self.close(Kind::Object, false);
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'s, 'e>, Error> {
        Compound::open(self, Kind::Array)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'s, 'e>, Error> {
        Compound::open(self, Kind::Array)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, 'e>, Error> {
        Compound::open(self, Kind::Array)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, 'e>, Error> {
        self.open_variant(variant)?;
        Ok(Compound::open(self, Kind::Array)?.of_variant(variant))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'s, 'e>, Error> {
        Compound::open(self, Kind::Object)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, 'e>, Error> {
        if name == RAW_VALUE { Ok(Compound::raw(self)) } else { Compound::open(self, Kind::Object) }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'s, 'e>, Error> {
        self.open_variant(variant)?;
        Ok(Compound::open(self, Kind::Object)?.of_variant(variant))
    }
}
