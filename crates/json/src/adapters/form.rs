//! A form is written by a value, and by all that holds such values.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use serde::Serialize;
use serde::Serializer;
use serde::ser::Error as _;

use crate::adapters::seconds;
use crate::adapters::utc::Utc;

/// The form of times: a string in UTC.
pub enum Iso8601 {}

/// The form of durations: a float.
pub enum InSeconds {}

/// Serializes in a form that is not serde's own; it cannot be named, and so not be implemented,
/// outside of this crate.
pub trait SerializeAs<Form> {
    /// # Errors
    /// When the form has no text for the value; and what the serializer says.
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl SerializeAs<Iso8601> for SystemTime {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = Utc::try_from(*self).map_err(S::Error::custom)?;
        serializer.collect_str(&utc)
    }
}

impl SerializeAs<InSeconds> for Duration {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(seconds::nearest(*self))
    }
}

macro_rules! pointers {
    ($($pointer:ty),+ $(,)?) => {$(
        impl<Form, T: SerializeAs<Form> + ?Sized> SerializeAs<Form> for $pointer {
            fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                (**self).serialize_as(serializer)
            }
        }
    )+};
}

pointers!(&T, Box<T>, Arc<T>, Rc<T>);

impl<Form, T: SerializeAs<Form>> SerializeAs<Form> for Option<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&InForm::new(value)),
            None => serializer.serialize_none(),
        }
    }
}

impl<Form, T: SerializeAs<Form>> SerializeAs<Form> for [T] {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(InForm::new))
    }
}

impl<Form, T: SerializeAs<Form>, const N: usize> SerializeAs<Form> for [T; N] {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize_as(serializer)
    }
}

impl<Form, T: SerializeAs<Form>> SerializeAs<Form> for Vec<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize_as(serializer)
    }
}

impl<Form, K: Serialize, V: SerializeAs<Form>> SerializeAs<Form> for BTreeMap<K, V> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, InForm::new(value))))
    }
}

impl<Form, K: Serialize, V: SerializeAs<Form>, H> SerializeAs<Form> for HashMap<K, V, H> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, InForm::new(value))))
    }
}

/// A value whose `Serialize` is that of the form.
struct InForm<'v, Form, T> {
    value: &'v T,
    form: PhantomData<Form>,
}

impl<'v, Form, T> InForm<'v, Form, T> {
    fn new(value: &'v T) -> Self {
        Self { value, form: PhantomData }
    }
}

impl<Form, T: SerializeAs<Form>> Serialize for InForm<'_, Form, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize_as(serializer)
    }
}
