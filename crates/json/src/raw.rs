//! Text that is already JSON.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::serializer::raw::RAW_VALUE;

/// Text that is already JSON and is written verbatim: the output of another program, or a number with
/// more digits than any type holds.
///
/// Nothing is checked: the caller guarantees that the text is JSON.
/// It is serde_json's `RawValue` without the check: this crate and serde_json write the text, other
/// serializers see a struct.
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
