//! Macros for serializers that accept few types.

/// Methods that reject values of these types with `$error()`.
macro_rules! reject {
    ($ok:ty, $error:ident; $($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, _value: $type) -> Result<$ok, Error> {
            Err($error())
        }
    )*};
}

/// Methods that reject bytes and compound values with `$error()`, and unwrap newtypes and options.
macro_rules! reject_compounds {
    ($ok:ty, $error:ident) => {
        type Ok = $ok;
        type Error = Error;
        type SerializeSeq = Impossible<$ok, Error>;
        type SerializeTuple = Impossible<$ok, Error>;
        type SerializeTupleStruct = Impossible<$ok, Error>;
        type SerializeTupleVariant = Impossible<$ok, Error>;
        type SerializeMap = Impossible<$ok, Error>;
        type SerializeStruct = Impossible<$ok, Error>;
        type SerializeStructVariant = Impossible<$ok, Error>;

        fn serialize_bytes(self, _value: &[u8]) -> Result<$ok, Error> {
            Err($error())
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _value: &T,
        ) -> Result<$ok, Error> {
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

        // serde's default panics if `Display` fails.
        fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<$ok, Error> {
            let mut text = String::new();
            write!(text, "{value}").map_err(|_| Error::not_displayed())?;
            self.serialize_str(&text)
        }

        #[inline]
        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<$ok, Error> {
            value.serialize(self)
        }

        #[inline]
        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            value: &T,
        ) -> Result<$ok, Error> {
            value.serialize(self)
        }
    };
}

pub(super) use reject;
pub(super) use reject_compounds;
