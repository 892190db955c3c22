//! Any [`Serialize`](serde::Serialize) value to JSON text, with the options of Python's
//! `json.JSONEncoder`.
//!
//! [`Encoder::compact`] is what the universal worker sends, [`Encoder::python`] what `json.dumps`
//! writes where it is told nothing else.
//! No intermediate value is made; an error names where in the value it arose, and leaves no half
//! text behind.
//!
//! # Examples
//! ```
//! use serde::Serialize;
//! use universal_worker_json::Encoder;
//!
//! #[derive(Serialize)]
//! struct Segment {
//!     start: f64,
//!     text: &'static str,
//! }
//!
//! let segment = Segment { start: 1e16, text: "é" };
//! assert_eq!(Encoder::compact().to_string(&segment)?, r#"{"start":1e16,"text":"é"}"#);
//! assert_eq!(Encoder::python().to_string(&segment)?, r#"{"start": 1e+16, "text": "\u00e9"}"#);
//!
//! let error = Encoder::python().non_finite(universal_worker_json::NonFinite::Refuse);
//! let error = error.to_string(&[[1.0, f64::NAN]]).unwrap_err();
//! assert_eq!(error.to_string(), "$[0][1]: NaN is not JSON");
//! # Ok::<(), universal_worker_json::Error>(())
//! ```

#![deny(missing_docs)]

mod adapters;
pub mod common_types;
mod encoder;
mod error;
mod number;
mod serializer;
mod string;

pub use adapters::Isoformat;
pub use adapters::Seconds;
pub use adapters::isoformat;
pub use adapters::seconds;
pub use encoder::Encoder;
pub use encoder::NonFinite;
pub use error::Error;
