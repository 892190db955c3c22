//! Texts that are JSON already.

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeStruct;

use crate::serializer::raw::RAW_VALUE;

/// A text that is JSON already, and is written as it is: an answer of another program within one's
/// own, a number with more digits than any type holds.
///
/// That it is JSON is for the caller to know; nothing is checked.
/// It is serde_json's `RawValue` without the check: both serializers write it, others see a struct.
///
/// # Examples
/// ```
/// use universal_worker_json::{Encoder, Raw};
///
/// let text = Encoder::compact().to_string(&[Raw("1.10"), Raw("{}")])?;
/// assert_eq!(text, "[1.10,{}]");
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'t>(pub &'t str);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut token = serializer.serialize_struct(RAW_VALUE, 1)?;
        token.serialize_field(RAW_VALUE, self.0)?;
        token.end()
    }
}
