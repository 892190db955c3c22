//! Arguments bind like those of a Python call: `args` in order, `kwargs` by name.
//!
//! The body is read once: the frame is parsed into borrowed pieces of text, and each field of the
//! author's type reads its own.
//! Only when that fails a second, slow reading finds words and path for it.

mod arguments;
mod bound;
mod depth;
mod fields;
mod frame;
mod misfit;
mod raw_args;
mod text;
mod words;

use serde::de::DeserializeOwned;

use crate::bind::bound::Bound;
pub(crate) use crate::bind::fields::Binding;
use crate::bind::frame::Frame;
use crate::bind::misfit::Subject;
pub use crate::bind::raw_args::RawArgs;

/// Why a text does not bind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BindError {
    /// It is not JSON that is taken here.
    Syntax { message: String },
    /// It is JSON of another shape than a call or config has.
    Shape { message: String },
    /// It does not fit what the plugin takes.
    Arguments { message: String, field: Option<String> },
}

/// Binds the body of a call, `{"args":[…],"kwargs":{…}}`; an empty one is `{}`.
pub(crate) fn call<T: DeserializeOwned>(body: &[u8], binding: &Binding) -> Result<T, BindError> {
    let text = text::of(body)?;
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    let frame = Frame::read(text)?;
    let bound = Bound::new(frame, binding)?;
    T::deserialize(bound.fast())
        .or_else(|_| T::deserialize(bound.explained()).map_err(|misfit| misfit.of(Subject::Call)))
}

/// Reads a config: a JSON object.
pub(crate) fn config<T: DeserializeOwned>(body: &[u8]) -> Result<T, BindError> {
    let text = text::of(body)?;
    let is_object = text.trim_ascii_start().starts_with('{');
    match serde_json::from_str(text) {
        Ok(config) if is_object => return Ok(config),
        _ => text::check(text)?,
    }
    if !is_object {
        let message = format!("the config must be a JSON object, not {}", words::kind_of(text));
        return Err(BindError::Shape { message });
    }
    let bound = Bound::of_config(text)?;
    T::deserialize(bound.explained()).map_err(|misfit| misfit.of(Subject::Config))
}

#[cfg(test)]
mod tests;
