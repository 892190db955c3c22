//! Matroska and WebM.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::MkvReader;

use super::{Container, stream};

pub(super) fn open(file: File) -> Result<Container, Error> {
    Ok(Container::estimated(MkvReader::try_new(stream(file), Default::default())?))
}
