//! WAVE and AIFF.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::{AiffReader, WavReader};

use super::{Container, End, Length, stream};

pub(super) fn open_wave(file: File) -> Result<Container, Error> {
    let mut container = Container::declared(WavReader::try_new(stream(file), Default::default())?);
    // The header of a WAV that was written to a pipe has no length.
    if matches!(container.length, Length::Unknown) {
        container.end = End::Open;
    }
    Ok(container)
}

pub(super) fn open_aiff(file: File) -> Result<Container, Error> {
    Ok(Container::declared(AiffReader::try_new(stream(file), Default::default())?))
}
