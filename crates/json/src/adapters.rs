//! Adapters for types whose form in serde differs from Python's.

mod format;
mod seconds;
mod utc;

use serde::{Serialize, Serializer};

use crate::adapters::format::{FloatSeconds, Iso8601, SerializeAs};

/// Writes times like Python's `datetime.fromtimestamp(t, timezone.utc).isoformat()`.
///
/// The value is a [`SystemTime`](std::time::SystemTime), or a reference, `Box`, `Arc`, `Rc`, `Option`,
/// `Vec`, slice, array, `BTreeMap` or `HashMap` of such values, nested in any way.
/// A time is a string in UTC with six digits of microseconds, or none if they are zero.
/// Smaller fractions are truncated toward the past, before 1970 as well.
/// [`isoformat`] is the equivalent for a field.
///
/// # Errors
/// A time outside the years 1 to 9999, the range of Python's `datetime`, is an error of the serializer.
///
/// # Examples
/// ```
/// use std::time::{Duration, SystemTime};
/// use universal_worker_json::{Encoder, Isoformat};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_610_200_123_456);
/// let text = Encoder::compact().to_string(&Isoformat(time))?;
/// assert_eq!(text, r#""2026-11-25T12:36:40.123456+00:00""#);
///
/// let text = Encoder::compact().to_string(&Isoformat([Some(SystemTime::UNIX_EPOCH), None]))?;
/// assert_eq!(text, r#"["1970-01-01T00:00:00+00:00",null]"#);
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isoformat<T>(pub T);

/// Writes durations like Python's `timedelta.total_seconds()`: the nearest float of seconds.
///
/// A duration of whole microseconds gives the same float as in Python.
/// The value is a [`Duration`](std::time::Duration), or a container of such, as for [`Isoformat`].
/// [`seconds`] is the equivalent for a field.
///
/// # Examples
/// ```
/// use std::collections::BTreeMap;
/// use std::time::Duration;
/// use universal_worker_json::{Encoder, Seconds};
///
/// let took = BTreeMap::from([("load", Duration::from_millis(1500)), ("run", Duration::ZERO)]);
/// assert_eq!(Encoder::compact().to_string(&Seconds(&took))?, r#"{"load":1.5,"run":0.0}"#);
/// assert_eq!(serde_json::to_string(&Seconds(&took)).unwrap(), r#"{"load":1.5,"run":0.0}"#);
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds<T>(pub T);

/// Serializes a field like [`Isoformat`].
///
/// # Errors
/// If a time is outside the years 1 to 9999, or the serializer fails.
///
/// # Examples
/// ```
/// use std::time::SystemTime;
/// use serde::Serialize;
/// use universal_worker_json::Encoder;
///
/// #[derive(Serialize)]
/// struct Run {
///     #[serde(serialize_with = "universal_worker_json::isoformat")]
///     began: SystemTime,
///     #[serde(serialize_with = "universal_worker_json::isoformat")]
///     ended: Option<SystemTime>,
/// }
///
/// let run = Run { began: SystemTime::UNIX_EPOCH, ended: None };
/// let text = r#"{"began":"1970-01-01T00:00:00+00:00","ended":null}"#;
/// assert_eq!(Encoder::compact().to_string(&run)?, text);
/// assert_eq!(serde_json::to_string(&run).unwrap(), text);
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
pub fn isoformat<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: SerializeAs<Iso8601> + ?Sized,
    S: Serializer,
{
    value.serialize_as(serializer)
}

/// Serializes a field like [`Seconds`].
///
/// # Errors
/// If the serializer fails.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use serde::Serialize;
/// use universal_worker_json::Encoder;
///
/// #[derive(Serialize)]
/// struct Figures<'a> {
///     #[serde(serialize_with = "universal_worker_json::seconds")]
///     took: Duration,
///     #[serde(serialize_with = "universal_worker_json::seconds")]
///     steps: &'a [Duration],
/// }
///
/// let steps = [Duration::from_millis(500), Duration::from_secs(1)];
/// let figures = Figures { took: steps.iter().sum(), steps: &steps };
/// assert_eq!(Encoder::compact().to_string(&figures)?, r#"{"took":1.5,"steps":[0.5,1.0]}"#);
/// # Ok::<(), universal_worker_json::Error>(())
/// ```
pub fn seconds<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: SerializeAs<FloatSeconds> + ?Sized,
    S: Serializer,
{
    value.serialize_as(serializer)
}

impl<T: SerializeAs<Iso8601>> Serialize for Isoformat<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        isoformat(&self.0, serializer)
    }
}

impl<T: SerializeAs<FloatSeconds>> Serialize for Seconds<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        seconds(&self.0, serializer)
    }
}
