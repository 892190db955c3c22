//! Matroska and WebM.

mod elements;

use std::fs::File;
use std::io::{Seek, SeekFrom};

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::units::Duration;
use symphonia::default::formats::MkvReader;

use self::elements::Outline;
use super::super::codec::OPUS_RATE;
use super::source::{Extent, Source};
use super::tail::{Ending, Tail};
use super::{Container, Length, Reason, Trim, audio_track, stream};

/// The beginnings of the names of codecs that no decoder is there for.
const CODECS: &[(&str, &str)] = &[
    ("A_AC3", "AC-3"),
    ("A_EAC3", "E-AC-3"),
    ("A_AC4", "AC-4"),
    ("A_TRUEHD", "Dolby TrueHD"),
    ("A_MLP", "MLP"),
    ("A_DTS", "DTS"),
    ("A_MPC", "Musepack"),
    ("A_WAVPACK4", "WavPack"),
    ("A_TTA1", "True Audio"),
    ("A_ATRAC", "ATRAC"),
    ("A_REAL", "RealAudio"),
    ("A_QUICKTIME", "a QuickTime codec"),
    ("A_MS/ACM", "a codec of Windows"),
];

pub(super) fn open(mut file: File) -> Result<Container, Reason> {
    let start = file.stream_position()?;
    let outline = Outline::read(&mut file)?;
    check(&outline)?;
    file.seek(SeekFrom::Start(start))?;
    // The index at the end of a file that is cut off is missing.
    let is_seekable = outline.end <= file.metadata()?.len();
    let source = Source::new(file, Extent { end: outline.end, open: None, is_seekable })?;
    let reader = MkvReader::try_new(stream(source), Default::default())?;

    let params = audio_track(&reader).and_then(|track| track.codec_params.as_ref()?.audio());
    let (is_opus, rate) = match params {
        Some(params) if params.codec == CODEC_ID_OPUS => (true, OPUS_RATE),
        params => (false, params.and_then(|params| params.sample_rate).unwrap_or(0)),
    };
    let ending = if outline.is_whole { Ending::Open } else { Ending::Marked };
    let padding = Duration::new((outline.padding * f64::from(rate)) as u64);
    let mut container = Container::estimated(Tail::new(reader, ending, padding));
    // The delay of Opus is in its own header, too.
    if let (Some(track), false) = (outline.audio_track(), is_opus) {
        container.trim = Trim { delay: track.delay, length: None };
    }
    let seconds = seconds(&container).unwrap_or(0.0);
    if seconds > 0.0 {
        container.length = Length::Estimated((seconds * f64::from(rate)) as u64);
    }
    Ok(container)
}

/// Checks that there is audio, and that a decoder can be there for it.
fn check(outline: &Outline) -> Result<(), Reason> {
    let Some(track) = outline.audio_track() else {
        return if outline.has_video() { Err(Reason::OnlyVideo) } else { Ok(()) };
    };
    match CODECS.iter().find(|(start, _)| track.codec.starts_with(start)) {
        Some((_, name)) => Err(Reason::Unsupported(format!("{name} in Matroska"))),
        None => Ok(()),
    }
}

/// The length according to the header.
fn seconds(container: &Container) -> Option<f64> {
    let info = container.reader.media_info();
    let duration = info.duration?.get().try_into().ok()?;
    Some(info.time_base?.calc_time(duration)?.as_secs_f64())
}
