//! Serialization in another format, for values and their containers.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::adapters::seconds;
use crate::adapters::utc::UtcDateTime;

/// The format of times: a string in UTC.
#[derive(Debug)]
pub enum Iso8601 {}

/// The format of durations: a float.
#[derive(Debug)]
pub enum FloatSeconds {}

/// Serializes in a format other than serde's own.
///
/// It cannot be named, and so cannot be implemented, outside this crate.
pub trait SerializeAs<Format> {
    /// Serializes in the format.
    ///
    /// # Errors
    /// If the format cannot express the value, or the serializer fails.
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl SerializeAs<Iso8601> for SystemTime {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = UtcDateTime::try_from(*self).map_err(S::Error::custom)?;
        serializer.collect_str(&utc)
    }
}

impl SerializeAs<FloatSeconds> for Duration {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(seconds::nearest(*self))
    }
}

macro_rules! pointers {
    ($($pointer:ty),+ $(,)?) => {$(
        impl<Format, T: SerializeAs<Format> + ?Sized> SerializeAs<Format> for $pointer {
            fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                (**self).serialize_as(serializer)
            }
        }
    )+};
}

pointers!(&T, Box<T>, Arc<T>, Rc<T>);

impl<Format, T: SerializeAs<Format>> SerializeAs<Format> for Option<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&AsFormat::new(value)),
            None => serializer.serialize_none(),
        }
    }
}

impl<Format, T: SerializeAs<Format>> SerializeAs<Format> for [T] {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(AsFormat::new))
    }
}

impl<Format, T: SerializeAs<Format>, const N: usize> SerializeAs<Format> for [T; N] {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize_as(serializer)
    }
}

impl<Format, T: SerializeAs<Format>> SerializeAs<Format> for Vec<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize_as(serializer)
    }
}

impl<Format, K: Serialize, V: SerializeAs<Format>> SerializeAs<Format> for BTreeMap<K, V> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, AsFormat::new(value))))
    }
}

impl<Format, K: Serialize, V: SerializeAs<Format>, H> SerializeAs<Format> for HashMap<K, V, H> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, AsFormat::new(value))))
    }
}

/// A value whose `Serialize` uses the format.
struct AsFormat<'v, Format, T> {
    value: &'v T,
    format: PhantomData<Format>,
}

impl<'v, Format, T> AsFormat<'v, Format, T> {
    fn new(value: &'v T) -> Self {
        Self { value, format: PhantomData }
    }
}

impl<Format, T: SerializeAs<Format>> Serialize for AsFormat<'_, Format, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize_as(serializer)
    }
}
