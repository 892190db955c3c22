//! Ogg.

mod pages;
mod vorbis;

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::errors::Error;
use symphonia::core::units::Duration;
use symphonia::default::formats::OggReader;

use self::pages::{Beginning, Stream};
use super::tail::{Ending, Tail};
use super::{Container, Length, Reason, stream};

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let beginning = Beginning::find(&mut file)?;
    beginning.check()?;
    let is_whole = pages::ends_between_packets(&mut file)?;
    file.seek(SeekFrom::Start(beginning.position))?;
    let reader = OggReader::try_new(stream(file), Default::default())?;
    // Recorders that are stopped do not mark the last page as the last.
    let is_open = beginning.is_excerpt || is_whole;
    let ending = if is_open { Ending::Open } else { Ending::Marked };
    let mut container = Container::estimated(Tail::new(reader, ending, Duration::ZERO));
    if beginning.is_excerpt {
        container.length = Length::Unknown;
    }
    Ok(container)
}

impl Beginning {
    /// Checks that there is a stream with a codec that is read.
    fn check(&self) -> Result<(), Reason> {
        if !self.is_sound {
            return Err(Reason::Header(Error::DecodeError("vorbis: invalid codebook")));
        }
        let is_read = |stream: &Stream| matches!(stream, Stream::Read);
        if self.streams.is_empty() {
            return Err(Reason::Unsupported("an Ogg stream without its beginning".to_owned()));
        }
        if self.streams.iter().any(is_read) {
            return Ok(());
        }
        let audio = self.streams.iter().find_map(|stream| match stream {
            Stream::Audio(name) => Some(*name),
            _ => None,
        });
        match audio {
            Some(name) => Err(Reason::Unsupported(format!("{name} in Ogg"))),
            None if self.streams.contains(&Stream::Video) => Err(Reason::OnlyVideo),
            None => Err(Reason::NoTrack),
        }
    }
}
