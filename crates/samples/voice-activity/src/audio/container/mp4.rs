//! MP4, as in .m4a files.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::IsoMp4Reader;

use super::{Container, stream};

pub(super) fn open(file: File) -> Result<Container, Error> {
    Ok(Container::estimated(IsoMp4Reader::try_new(stream(file), Default::default())?))
}
