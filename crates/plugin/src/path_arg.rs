//! Paths as arguments.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::ops::Deref;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A path in the arguments of a call, also if it is not UTF-8.
///
/// JSON is Unicode text, and a Linux path is bytes.
/// Python's `os.fsdecode` turns each byte that is not UTF-8 into an unpaired surrogate, from U+DC80 to
/// U+DCFF (PEP 383), and `json.dumps` writes that as an escape: this type reads it back, where a
/// [`PathBuf`] or [`String`] is refused.
///
/// # Examples
/// ```
/// use std::path::Path;
///
/// use universal_worker_plugin::PathArg;
///
/// let path: PathArg = serde_json::from_str(r#""caf\udce9.wav""#)?;
/// assert_eq!(path.to_str(), None);
/// assert_eq!(path.extension(), Some("wav".as_ref()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathArg(PathBuf);

impl Deref for PathArg {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for PathArg {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl From<PathArg> for PathBuf {
    fn from(path: PathArg) -> Self {
        path.0
    }
}

impl From<PathBuf> for PathArg {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl<'de> Deserialize<'de> for PathArg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathVisitor;

        impl Visitor<'_> for PathVisitor {
            type Value = PathArg;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("path string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PathArg, E> {
                Ok(PathArg(text.into()))
            }

            fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<PathArg, E> {
                let bytes = unescaped(text).ok_or_else(|| {
                    E::custom("unpaired surrogate in a path, outside of U+DC80 to U+DCFF")
                })?;
                Ok(PathArg(OsString::from_vec(bytes).into()))
            }
        }

        // serde_json reads a string with unpaired surrogates as bytes only, in WTF-8.
        deserializer.deserialize_bytes(PathVisitor)
    }
}

/// The bytes of a path in WTF-8; `None` if a surrogate stands for no byte.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [] => return Some(bytes),
            // U+DC80 to U+DCFF; the last 8 bits of the code point are the byte.
            [0xed, high @ (0xb2 | 0xb3), low @ 0x80..=0xbf, after @ ..] => {
                bytes.push((high << 6) | (low & 0x3f));
                rest = after;
            }
            [0xed, 0xa0..=0xbf, ..] => return None,
            [byte, after @ ..] => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
}

impl JsonSchema for PathArg {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        PathBuf::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        PathBuf::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn path(json: &str) -> Result<Vec<u8>, String> {
        let path = serde_json::from_str::<PathArg>(json);
        path.map(|path| path.as_os_str().as_bytes().to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn surrogates_of_fsdecode_are_bytes() {
        for (json, expected) in [
            (r#""a.wav""#, b"a.wav".as_slice()),
            (r#""\u0061\/é\u00e9\ud83d\ude00""#, "a/éé😀".as_bytes()),
            (r#""caf\udce9.wav""#, b"caf\xe9.wav"),
            (r#""\udc80\udcff""#, b"\x80\xff"),
            (r#""\udcc3\udca9""#, "é".as_bytes()),
            (r#""\uda00\ude00""#, "\u{90200}".as_bytes()),
            (r#""""#, b""),
        ] {
            assert_eq!(path(json).unwrap(), expected, "{json}");
        }
        for json in [r#""\udc7f""#, r#""\ud800""#, r#""\udd00""#, r#""\udcff\ud900""#] {
            assert!(path(json).unwrap_err().starts_with("unpaired surrogate in a path"), "{json}");
        }
        for json in ["1", "[1]", "null", "{}"] {
            assert!(path(json).unwrap_err().contains("expected path string"), "{json}");
        }
    }

    #[test]
    fn the_schema_is_that_of_a_path() {
        assert_eq!(schemars::schema_for!(PathArg).get("type").unwrap(), "string");
    }
}
