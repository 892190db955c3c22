//! The call that a service makes by itself.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use thiserror::Error;

/// A call that the service makes by itself from time to time, to see whether the plugin still works.
///
/// It is a real run of `execute`, on a lane that is idle: nothing waits, and no initialize or cleanup is
/// under way. A run that arrives meanwhile may have to wait for it, so it should be a cheap one.
/// It is skipped while there is no instance, which it never creates.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use universal_worker_service::Canary;
///
/// let canary = Canary::new(r#"{"kwargs":{"name":"canary"}}"#, Duration::from_secs(30));
/// assert!(canary.is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Canary {
    pub(crate) body: Bytes,
    pub(crate) every: Duration,
}

/// The body of a canary could not be one of `/execute`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidCanary {
    /// It is not a JSON object.
    #[error("not a JSON object: {0}")]
    Json(#[from] serde_json::Error),
    /// A member has another type.
    #[error("{0}")]
    Member(&'static str),
    /// It would run all the time.
    #[error("the time between two canaries is zero")]
    Interval,
}

/// No part of the JSON, as in a request.
const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Canary {
    /// A canary with this body of an `/execute` request in JSON; `every` is the time from one to the
    /// next, and how long one may take.
    ///
    /// # Errors
    /// If the body could not be that of a request, or `every` is zero.
    pub fn new(body: impl Into<Vec<u8>>, every: Duration) -> Result<Self, InvalidCanary> {
        if every.is_zero() {
            return Err(InvalidCanary::Interval);
        }
        let mut body = Bytes::from(body.into());
        if body.starts_with(BYTE_ORDER_MARK.as_bytes()) {
            body = body.slice(BYTE_ORDER_MARK.len()..);
        }
        // Other members are ignored, as in any request.
        let members: Map<String, Value> = serde_json::from_slice(&body)?;
        match (members.get("args"), members.get("kwargs")) {
            (Some(args), _) if !args.is_array() && !args.is_null() => {
                Err(InvalidCanary::Member("args is not an array"))
            }
            (_, Some(kwargs)) if !kwargs.is_object() && !kwargs.is_null() => {
                Err(InvalidCanary::Member("kwargs is not an object"))
            }
            _ => Ok(Self { body, every }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_body_is_that_of_a_request() {
        for body in [
            "{}",
            "\u{feff}{}",
            r#"{"args":[1],"kwargs":{"a":{}}}"#,
            r#"{"args":null,"kwargs":null}"#,
            r#"{"envelope":1}"#,
        ] {
            assert!(Canary::new(body, SECOND).is_ok(), "{body}");
        }
        for (body, error) in [
            ("", "not a JSON object: EOF while parsing"),
            ("[]", "not a JSON object: invalid type: sequence"),
            ("{} {}", "not a JSON object: trailing characters"),
            (r#"{"args":{}}"#, "args is not an array"),
            (r#"{"kwargs":1}"#, "kwargs is not an object"),
        ] {
            let message = Canary::new(body, SECOND).unwrap_err().to_string();
            assert!(message.starts_with(error), "{body}: {message}");
        }
        assert!(Canary::new("{}", Duration::ZERO).is_err());
    }
}
