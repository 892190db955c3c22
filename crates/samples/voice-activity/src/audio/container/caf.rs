//! Core Audio Format.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::CafReader;

use super::{Container, stream};

pub(super) fn open(file: File) -> Result<Container, Error> {
    Ok(Container::declared(CafReader::try_new(stream(file), Default::default())?))
}
