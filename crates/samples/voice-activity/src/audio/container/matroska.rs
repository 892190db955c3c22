//! Matroska and WebM.

mod elements;
mod joined;

use std::fs::File;

use self::elements::Outline;
use self::joined::Joined;
use super::gaps::Gaps;
use super::{Container, Reason, Trim, estimate};

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

pub(super) fn open(file: File) -> Result<Container, Reason> {
    let joined = Joined::open(file)?;
    let length = estimate(&joined.track);
    let delay = joined.delay;
    let gaps = joined.track.time_base.map(|units| Gaps::new(units, joined.seconds, 0.0));
    let trim = Trim { delay, length: None };
    Ok(Container { trim, gaps, ..Container::of(joined, length) })
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
