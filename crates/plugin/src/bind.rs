//! Binds arguments like those of a Python call: `args` by position, `kwargs` by name.
//!
//! A call with keyword arguments only is parsed once, into the author's type.
//! Any other is parsed into borrowed pieces of text, and each field of the type reads its own piece.
//! Only if that fails, another and slower pass finds the message and the path of the error.

mod arguments;
mod bound_args;
mod call_body;
mod depth;
mod direct;
mod error;
mod fields;
mod message;
mod mismatch;
mod raw_args;
mod text;
mod verbatim;

use serde::de::DeserializeOwned;
use universal_worker_abi::Fault;

use crate::bind::arguments::{Arguments, Errors};
use crate::bind::bound_args::BoundArgs;
use crate::bind::call_body::CallBody;
pub(crate) use crate::bind::error::BindError;
pub(crate) use crate::bind::fields::Binding;
use crate::bind::mismatch::Source;
pub use crate::bind::raw_args::RawArgs;

/// The body of a request as text: UTF-8, and JSON in it not nested deeper than 128.
///
/// Further than that, the text is not checked.
///
/// # Errors
/// A fault of kind [`Syntax`](crate::dynamic::FaultKind::Syntax) that names line and column.
pub fn body_text(body: &[u8]) -> Result<&str, Fault> {
    Ok(text::from_body(body)?)
}

/// Binds the body of a call, `{"args":[…],"kwargs":{…}}`; an empty body is `{}`.
pub(crate) fn call<T: DeserializeOwned>(body: &[u8], binding: &Binding) -> Result<T, BindError> {
    let text = text::from_body(body)?;
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    if let Binding::Fields { names, .. } = binding {
        if let Some(args) = direct::call(text, names) {
            return Ok(args);
        }
    }
    call_in_pieces(text, binding)
}

fn call_in_pieces<T: DeserializeOwned>(text: &str, binding: &Binding) -> Result<T, BindError> {
    let bound = BoundArgs::new(CallBody::read(text)?, binding)?;
    T::deserialize(Arguments::new(&bound, Errors::Discard)).or_else(|_| {
        let bound = T::deserialize(Arguments::new(&bound, Errors::Explain));
        bound.map_err(|mismatch| mismatch.explain(Source::Call))
    })
}

/// Reads a config, which is a JSON object.
pub(crate) fn config<T: DeserializeOwned>(body: &[u8]) -> Result<T, BindError> {
    let text = text::from_body(body)?;
    let is_object = text.trim_ascii_start().starts_with('{');
    match serde_json::from_str(text) {
        Ok(config) if is_object => return Ok(config),
        _ => text::check(text)?,
    }
    if !is_object {
        let message = format!("the config must be a JSON object, not {}", message::kind_of(text));
        return Err(BindError::Shape { message });
    }
    let bound = BoundArgs::from_config(text)?;
    let config = T::deserialize(Arguments::new(&bound, Errors::Explain));
    config.map_err(|mismatch| mismatch.explain(Source::Config))
}

#[cfg(test)]
mod tests;
