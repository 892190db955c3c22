//! Arguments bind like those of a Python call: `args` in order, `kwargs` by name.
//!
//! The body is read once: the frame is parsed into borrowed pieces of text, and each field of the
//! author's type reads its own.
//! Only when that fails a second, slow reading finds words and path for it.

mod call;
mod depth;
mod fields;
mod raw_args;
mod text;
mod words;

use serde::de::DeserializeOwned;

use crate::bind::call::Bound;
use crate::bind::call::Frame;
pub(crate) use crate::bind::fields::Binding;
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
    T::deserialize(bound.fast()).or_else(|_| T::deserialize(bound.explained()).map_err(Into::into))
}

/// Reads a config: a JSON object.
pub(crate) fn config<T: DeserializeOwned>(body: &[u8]) -> Result<T, BindError> {
    let text = text::of(body)?;
    if let Ok(config) = serde_json::from_str(text)
        && text.trim_ascii_start().starts_with('{')
    {
        return Ok(config);
    }
    text::check(text)?;
    if !text.trim_ascii_start().starts_with('{') {
        let message = format!("the config must be a JSON object, not {}", words::kind_of(text));
        return Err(BindError::Shape { message });
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let told = words::of(error.inner());
        if path == "." {
            return BindError::Arguments { message: format!("config: {told}"), field: None };
        }
        BindError::Arguments {
            message: format!("config field '{path}': {told}"),
            field: Some(path),
        }
    })
}

#[cfg(test)]
mod tests;
