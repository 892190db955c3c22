//! Keys of maps, which become strings as in Python, and texts that are taken as they are.

use serde::Serialize;
use serde::ser::Impossible;
use serde::ser::Serializer as SerdeSerializer;

use crate::error::Error;
use crate::serializer::Serializer;

/// Writes a key: a string as it is; numbers, booleans and null as a string of their text.
pub(crate) fn write<T: Serialize + ?Sized>(
    key: &T,
    serializer: &mut Serializer<'_>,
) -> Result<(), Error> {
    key.serialize(Key(serializer))
}

struct Key<'s, 'e>(&'s mut Serializer<'e>);

/// Takes a string as JSON text.
pub(crate) struct Verbatim<'o>(pub(crate) &'o mut Vec<u8>);

fn no_key() -> Error {
    Error::new("keys must be strings, numbers, booleans or null".to_owned())
}

fn no_text() -> Error {
    Error::new("a raw value is no text".to_owned())
}

impl Key<'_, '_> {
    fn quoted(
        self,
        write: impl FnOnce(&mut Serializer<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.0.out.push(b'"');
        write(self.0)?;
        self.0.out.push(b'"');
        Ok(())
    }
}

macro_rules! quoted {
    ($($method:ident: $type:ty),+ $(,)?) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.quoted(|serializer| serializer.$method(value))
        }
    )+};
}

macro_rules! refused {
    ($error:ident; $($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, _value: $type) -> Result<(), Error> {
            Err($error())
        }
    )*};
}

/// What neither of the two can be.
macro_rules! no_compound {
    ($error:ident) => {
        type Ok = ();
        type Error = Error;
        type SerializeSeq = Impossible<(), Error>;
        type SerializeTuple = Impossible<(), Error>;
        type SerializeTupleStruct = Impossible<(), Error>;
        type SerializeTupleVariant = Impossible<(), Error>;
        type SerializeMap = Impossible<(), Error>;
        type SerializeStruct = Impossible<(), Error>;
        type SerializeStructVariant = Impossible<(), Error>;

        fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
            Err($error())
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _value: &T,
        ) -> Result<(), Error> {
            Err($error())
        }

        fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq, Error> {
            Err($error())
        }

        fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, Error> {
            Err($error())
        }

        fn serialize_tuple_struct(
            self,
            _name: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeTupleStruct, Error> {
            Err($error())
        }

        fn serialize_tuple_variant(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeTupleVariant, Error> {
            Err($error())
        }

        fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, Error> {
            Err($error())
        }

        fn serialize_struct(
            self,
            _name: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeStruct, Error> {
            Err($error())
        }

        fn serialize_struct_variant(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeStructVariant, Error> {
            Err($error())
        }

        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
            value.serialize(self)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            value: &T,
        ) -> Result<(), Error> {
            value.serialize(self)
        }
    };
}

impl SerdeSerializer for Key<'_, '_> {
    no_compound!(no_key);

    quoted!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
    );

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.0.serialize_char(value)
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.0.serialize_str(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.quoted(|serializer| serializer.serialize_none())
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

impl SerdeSerializer for Verbatim<'_> {
    no_compound!(no_text);

    refused!(
        no_text;
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_unit_struct: &'static str,
    );

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Err(no_text())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Err(no_text())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Error> {
        Err(no_text())
    }
}
