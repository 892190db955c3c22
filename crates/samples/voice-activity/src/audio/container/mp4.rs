//! MP4 and QuickTime, as in .m4a, .mp4, .mov and .3gp files.

mod boxes;
mod extent;
mod pcm;

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_ALAC;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::units::Duration;
use symphonia::default::formats::IsoMp4Reader;

use self::boxes::{Movie, Trak};
use self::pcm::PcmReader;
use super::gaps::Gaps;
use super::reader::Stream;
use super::source::Source;
use super::tail::{Ending, Tail};
use super::{Container, Length, Reason, Trim, audio_track, estimate, seconds, stream};

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
    let reader = IsoMp4Reader::try_new(source, Default::default())
        .map_err(|error| pcm::refusal(track).unwrap_or_else(|| Reason::header(error)))?;
    let gaps = gaps(&reader, movie.lead(track));
    let mut container = match PcmReader::new(reader, track) {
        Ok(reader) => {
            let length = estimate(reader.track());
            Container::of(reader, length)
        }
        Err(reader) => {
            let alac = alac(&reader, track);
            let tail = Tail::new(reader, Ending::Marked, Duration::ZERO);
            Container::estimated(match alac {
                Some(track) => tail.with_track(track),
                None => tail,
            })
        }
    };
    if container.track().is_none() {
        let codec = track.codec.escape_ascii();
        return Err(Reason::Unsupported(format!("codec '{codec}' in QuickTime")));
    }
    // The index counts nothing of the fragments, or only the first of them.
    if movie.is_fragmented || matches!(container.length, Length::Estimated(0)) {
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

/// The track of ALAC in QuickTime, which the reader does not know.
fn alac(reader: &impl FormatReader, trak: &Trak) -> Option<Track> {
    let cookie = trak.cookie.clone().filter(|_| &trak.codec == b"alac")?;
    if audio_track(reader).is_some() {
        return None;
    }
    let mut track = reader.tracks().iter().find(|track| track.id == trak.id)?.clone();
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_ALAC).with_sample_rate(trak.rate).with_extra_data(cookie);
    track.with_codec_params(CodecParameters::Audio(params));
    Some(track)
}

/// The pauses of the track, which begins after `lead` seconds.
fn gaps(reader: &impl FormatReader, lead: f64) -> Option<Gaps> {
    let seconds = seconds(reader)?;
    let units = audio_track(reader)?.time_base?;
    Some(Gaps::new(units, Some(seconds), lead))
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
