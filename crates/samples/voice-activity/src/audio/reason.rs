//! Errors of audio files.

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use thiserror::Error;

/// The supported sample rates in Hz.
///
/// Bounded because a header can have any value, and the memory of the resampler grows with the rate.
pub const RATES: RangeInclusive<u32> = 1_000..=384_000;

/// The supported numbers of channels, bounded like [`RATES`].
pub(super) const CHANNELS: RangeInclusive<u16> = 1..=1024;

/// A file that cannot be decoded completely.
#[derive(Debug, Error)]
#[error("cannot read {}", path.display())]
pub struct AudioError {
    /// The path of the file, as given.
    pub path: PathBuf,
    /// The reason.
    #[source]
    pub reason: Reason,
}

/// Why a file cannot be decoded.
#[derive(Debug, Error)]
pub enum Reason {
    /// The file does not exist.
    #[error("no such file")]
    NotFound,
    /// The path is a directory.
    #[error("it is a folder")]
    Folder,
    /// The path is a device, a pipe or a socket, which may never end.
    #[error("it is no regular file")]
    NotAFile,
    /// The file cannot be opened, usually for lack of permission.
    #[error("it cannot be opened")]
    Open(#[source] io::Error),
    /// The file has no bytes.
    #[error("it is an empty file")]
    Empty,
    /// The format is unknown.
    #[error("it is not audio, or in a format that is not known")]
    NotAudio,
    /// The format is known, but not read.
    #[error("it is {0}, which is not supported")]
    Unsupported(String),
    /// The header is invalid.
    #[error("its header is damaged")]
    Header(#[source] symphonia::core::errors::Error),
    /// The file ends within its header.
    #[error("it is truncated: it ends within its header")]
    TruncatedHeader,
    /// The container has no audio track.
    #[error("it has no audio track")]
    NoTrack,
    /// The container has video, but no audio.
    #[error("it has no audio, only video")]
    OnlyVideo,
    /// An MP4 file whose recorder was interrupted before it wrote the index.
    #[error("it is an MP4 file without an index (moov): its recording was not finished")]
    Unfinished,
    /// The codec of the audio track is unknown.
    #[error("its audio is coded in a way that is not known")]
    Codec(#[source] symphonia::core::errors::Error),
    /// The sample rate is not supported.
    #[error("its sample rate of {0} Hz is outside of {min} to {max} Hz",
        min = RATES.start(), max = RATES.end())]
    Rate(u32),
    /// The number of channels is not supported.
    #[error("its number of channels, {0}, is outside of {min} to {max}",
        min = CHANNELS.start(), max = CHANNELS.end())]
    Channels(u32),
    /// The file is shorter than its header says, or ends within a unit of its format.
    #[error("it is truncated: only {seconds:.3} s{} can be decoded", of(*declared, *seconds))]
    Truncated {
        /// The decoded length.
        seconds: f64,
        /// The length according to the header, if it has one.
        declared: Option<f64>,
    },
    /// The data is invalid.
    #[error("it is damaged after {seconds:.3} s")]
    Damaged {
        /// The decoded length.
        seconds: f64,
        /// The error of the decoder.
        #[source]
        source: symphonia::core::errors::Error,
    },
    /// Reading the file failed.
    #[error("reading fails after {seconds:.3} s")]
    Read {
        /// The decoded length.
        seconds: f64,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
}

impl Reason {
    /// A header that a reader of symphonia refuses. What it does not support is no name of a format.
    pub(super) fn header(error: symphonia::core::errors::Error) -> Self {
        match error {
            symphonia::core::errors::Error::IoError(error) => error.into(),
            error => Self::Header(error),
        }
    }

    /// The second at which the audio breaks off, if what comes before it is valid.
    #[must_use]
    pub fn breaks_at(&self) -> Option<f64> {
        match *self {
            Self::Truncated { seconds, .. } | Self::Damaged { seconds, .. } => Some(seconds),
            _ => None,
        }
    }
}

/// A header that cannot be read.
impl From<symphonia::core::errors::Error> for Reason {
    fn from(error: symphonia::core::errors::Error) -> Self {
        match error {
            symphonia::core::errors::Error::IoError(error) => error.into(),
            symphonia::core::errors::Error::Unsupported(what) => Self::Unsupported(what.to_owned()),
            error => Self::Header(error),
        }
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::TruncatedHeader,
            _ => Self::Header(error.into()),
        }
    }
}

/// What is declared, unless it looks the same as what is decoded.
fn of(declared: Option<f64>, decoded: f64) -> String {
    let declared = declared.filter(|declared| declared - decoded >= 0.001);
    declared.map(|seconds| format!(" of {seconds:.3} s")).unwrap_or_default()
}
