//! FLAC.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::FlacReader;

use super::{Container, stream};

pub(super) fn open(file: File) -> Result<Container, Error> {
    Ok(Container::declared(FlacReader::try_new(stream(file), Default::default())?))
}
