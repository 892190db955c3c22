//! Behavior of the encoder that Python cannot confirm: keys, the hook, errors, output methods.

mod errors;
mod hook;
mod keys;
mod output;

use serde::{Serialize, Serializer};

/// A map with any keys, in the given order.
struct Pairs<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A map that passes keys and values in separate calls.
struct SplitPairs<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for SplitPairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0 {
            map.serialize_key(key)?;
            map.serialize_value(value)?;
        }
        map.end()
    }
}

struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Keys of all types.
#[derive(Serialize)]
#[serde(untagged)]
enum Key {
    Text(&'static str),
    Integer(i128),
    Large(u128),
    Float(f64),
    Single(f32),
    Bool(bool),
    Null,
    Tuple(u8, u8),
    #[serde(serialize_with = "as_bytes")]
    Bytes(&'static [u8]),
}

fn as_bytes<S: Serializer>(bytes: &&'static [u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// A map with these keys and their indices as values.
fn map(keys: impl IntoIterator<Item = Key>) -> Pairs<Key, usize> {
    Pairs(keys.into_iter().enumerate().map(|(index, key)| (key, index)).collect())
}
