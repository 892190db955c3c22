//! The headers of a request, each of which it may have once.

use http::HeaderValue;

/// What a request has of one header.
///
/// Collected in one pass over all headers: a request has few, and to look for one that is not there
/// costs as much as to pass by three.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Field<'r> {
    #[default]
    Missing,
    Once(&'r HeaderValue),
    Repeated,
}

impl<'r> Field<'r> {
    pub(crate) fn add(&mut self, value: &'r HeaderValue) {
        *self = match self {
            Self::Missing => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}
