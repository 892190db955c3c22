#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod adapters;
mod buffer;
pub mod common_types;
mod encoder;
mod error;
mod hook;
mod integer;
mod line;
mod number;
mod options;
mod raw;
mod serializer;
mod string;

pub use adapters::Isoformat;
pub use adapters::Seconds;
pub use adapters::isoformat;
pub use adapters::seconds;
pub use encoder::Encoder;
pub use encoder::TextBuffer;
pub use error::Error;
pub use error::ErrorKind;
pub use hook::HookOutcome;
pub use hook::Replacement;
pub use hook::Unsupported;
pub use line::line_from_utf8;
pub use line::on_one_line;
pub use options::BytesFormat;
pub use options::Indent;
pub use options::NonFinite;
pub use raw::Raw;
