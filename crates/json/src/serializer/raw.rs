//! Text that is already JSON.

use std::fmt::{Display, Write};

use serde::ser::Impossible;
use serde::{Serialize, ser};

use crate::error::{Error, ErrorKind};
use crate::serializer::Serializer;
use crate::serializer::reject::{reject, reject_compounds};

/// The struct name by which serde_json's `RawValue` requests verbatim output.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The struct name of serde_json's numbers of any size (feature `arbitrary_precision`).
const NUMBER: &str = "$serde_json::private::Number";

/// Whether a struct of this name holds JSON text.
#[inline]
pub(super) fn is_token(name: &str) -> bool {
    name == RAW_VALUE || name == NUMBER
}

/// The serializer of JSON text, which accepts only strings.
pub(super) struct Verbatim<'s, 'e>(pub(super) &'s mut Serializer<'e>);

fn not_a_string() -> Error {
    Error::new(ErrorKind::Custom, "a raw value is not a string")
}

impl ser::Serializer for Verbatim<'_, '_> {
    reject_compounds!((), not_a_string);

    reject!(
        (), not_a_string;
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
        self.0.put_raw(text)
    }

    fn serialize_none(self) -> Result<(), Error> {
        Err(not_a_string())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Err(not_a_string())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Error> {
        Err(not_a_string())
    }
}
