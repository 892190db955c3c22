//! Forms that Python's users expect and that serde does not write.

mod form;
mod seconds;
mod utc;

use serde::Serialize;
use serde::Serializer;

use crate::adapters::form::InSeconds;
use crate::adapters::form::Iso8601;
use crate::adapters::form::SerializeAs;

/// Times as Python's `datetime.fromtimestamp(t, timezone.utc).isoformat()` writes them.
///
/// It takes a [`SystemTime`](std::time::SystemTime), or what holds such: a reference, `Box`, `Arc`,
/// `Rc`, `Option`, `Vec`, slice, array, or the values of a `BTreeMap` or `HashMap`, also within
/// each other.
/// A time is a string in UTC to the microsecond: six digits, and none where they are all zero.
/// What is below the microsecond is cut off, towards the past also before 1970.
/// [`isoformat`] is the same for a field.
///
/// # Errors
/// A time outside of the years 1 to 9999, which Python does not have either, is an error of the
/// serializer.
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

/// Durations as Python's `timedelta.total_seconds()` has them: the float of seconds that is nearest.
///
/// A duration that Python can have too, to the microsecond, is the same float there.
/// It takes a [`Duration`](std::time::Duration), or what holds such, as [`Isoformat`] does times.
/// [`seconds`] is the same for a field.
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

/// Serializes a field as [`Isoformat`] does.
///
/// # Errors
/// A time outside of the years 1 to 9999; and what the serializer says.
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

/// Serializes a field as [`Seconds`] does.
///
/// # Errors
/// What the serializer says.
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
    T: SerializeAs<InSeconds> + ?Sized,
    S: Serializer,
{
    value.serialize_as(serializer)
}

impl<T: SerializeAs<Iso8601>> Serialize for Isoformat<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        isoformat(&self.0, serializer)
    }
}

impl<T: SerializeAs<InSeconds>> Serialize for Seconds<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        seconds(&self.0, serializer)
    }
}
