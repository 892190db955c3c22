//! Streams of MPEG audio and AAC frames.

use std::fs::File;

use symphonia::core::errors::Error;
use symphonia::default::formats::{AdtsReader, MpaReader};

use super::{Container, Length, audio_track, stream};

/// The number of samples that may be missing from an MP3, because some encoders count the frame that holds
/// the count.
const MP3_FRAME: u64 = 1152;

pub(super) fn open(file: File) -> Result<Container, Error> {
    let mut container = Container::declared(MpaReader::try_new(stream(file), Default::default())?);
    let delay = audio_track(&*container.reader).and_then(|track| track.delay);
    container.length = match (container.length, delay) {
        // Without a header frame, the length is estimated from the size of the file.
        (Length::Declared { samples, .. }, None) => Length::Estimated(samples),
        (Length::Declared { samples, .. }, Some(0)) => {
            Length::Declared { samples, slack: MP3_FRAME }
        }
        (length, _) => length,
    };
    Ok(container)
}

pub(super) fn open_adts(file: File) -> Result<Container, Error> {
    Ok(Container::estimated(AdtsReader::try_new(stream(file), Default::default())?))
}
