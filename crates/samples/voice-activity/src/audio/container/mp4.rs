//! MP4 and QuickTime, as in .m4a, .mp4, .mov and .3gp files.

mod boxes;
mod extent;
mod pcm;

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::units::Duration;
use symphonia::default::formats::IsoMp4Reader;

use self::boxes::{Movie, Trak};
use self::pcm::PcmReader;
use super::gaps::Gaps;
use super::source::Source;
use super::tail::{Ending, Tail};
use super::{Container, Length, Reason, Trim, audio_track, stream};

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    let movie = Movie::read(&mut file)?.ok_or(Reason::Unfinished)?;
    let track = sound(&movie)?;
    file.seek(SeekFrom::Start(start))?;
    let Some(extent) = extent::read(&mut file)? else {
        return Err(Reason::Header(Error::DecodeError("mp4: invalid position of samples")));
    };
    file.seek(SeekFrom::Start(start))?;
    let source = stream(Source::new(file, extent)?);
    let reader = IsoMp4Reader::try_new(source, Default::default()).map_err(Reason::header)?;
    let gaps = gaps(&reader, movie.lead(track));
    let mut container = match PcmReader::new(reader, track) {
        Ok(reader) => Container::estimated(reader),
        Err(reader) => Container::estimated(Tail::new(reader, Ending::Marked, Duration::ZERO)),
    };
    // The index of a file that was written in fragments counts nothing.
    if matches!(container.length, Length::Estimated(0)) {
        container.length = Length::Unknown;
    }
    if let Some((delay, length)) = movie.edit(track) {
        // The decoder knows the delay of Opus from its own header.
        let delay = if &track.codec == b"Opus" { 0.0 } else { delay };
        let lead = gaps.as_ref().map_or(0.0, |_| movie.lead(track));
        container.trim = Trim { delay, length: length.map(|length| lead + length) };
    }
    container.gaps = gaps;
    Ok(container)
}

/// The pauses of the track, which begins after `lead` seconds.
fn gaps(reader: &impl FormatReader, lead: f64) -> Option<Gaps> {
    let info = reader.media_info();
    let length = info.duration?.get().try_into().ok()?;
    let seconds = info.time_base?.calc_time(length)?.as_secs_f64();
    let units = audio_track(reader)?.time_base?;
    (seconds > 0.0).then(|| Gaps::new(units, Some(seconds), lead))
}

/// The track with sound, if its codec is read.
fn sound(movie: &Movie) -> Result<&Trak, Reason> {
    let kind = |kind: &[u8; 4]| movie.tracks.iter().find(|track| track.kind == *kind);
    let track = match (kind(b"soun"), kind(b"vide")) {
        (Some(track), _) => track,
        (None, Some(_)) => return Err(Reason::OnlyVideo),
        (None, None) => return Err(Reason::NoTrack),
    };
    match super::names::unread(track.codec) {
        Some(name) => Err(Reason::Unsupported(format!("{name} in MP4"))),
        None => Ok(track),
    }
}
