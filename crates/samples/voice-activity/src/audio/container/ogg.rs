//! Ogg.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::OggReader;

use super::{Container, stream};

pub(super) fn open(file: File) -> Result<Container, Error> {
    // The length is counted by the last page, which has a flag that marks it as the last.
    Ok(Container::estimated(OggReader::try_new(stream(file), Default::default())?))
}
