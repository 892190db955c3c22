//! Why a file cannot be heard.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::RATES;

/// A file that cannot be heard, or not to its end.
#[derive(Debug, Error)]
#[error("cannot read {}", path.display())]
pub struct AudioError {
    /// The file, as it was named.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub reason: Reason,
}

/// What is wrong with a file.
#[derive(Debug, Error)]
pub enum Reason {
    /// There is nothing of that name.
    #[error("no such file")]
    NotFound,
    /// The name is that of a folder.
    #[error("it is a folder")]
    Folder,
    /// The name is that of a device, a pipe or a socket, whose reading might never end.
    #[error("it is no regular file")]
    NotAFile,
    /// It cannot be opened: no permission, most often.
    #[error("it cannot be opened")]
    Open(#[source] io::Error),
    /// No decoder knows it.
    #[error("it is not audio, or none of WAV, FLAC, Ogg Vorbis and MP3")]
    NotAudio,
    /// It begins like audio, but its header makes no sense.
    #[error("its header is damaged")]
    Header(#[source] symphonia::core::errors::Error),
    /// It begins like audio, and ends before the audio begins.
    #[error("it is truncated: it ends within its header")]
    TruncatedHeader,
    /// The container is known, but nothing in it can be heard.
    #[error("it has no audio track")]
    NoTrack,
    /// The container is known, but not what its audio is coded in.
    #[error("its audio is coded in a way that is not known")]
    Codec(#[source] symphonia::core::errors::Error),
    /// A rate that no recording of speech has.
    #[error("its sample rate of {0} Hz is outside of {min} to {max} Hz",
        min = RATES.start(), max = RATES.end())]
    Rate(u32),
    /// The rate is another one from some point on.
    #[error("its sample rate changes from {from} to {to} Hz after {seconds:.3} s")]
    RateChange {
        /// Hz before.
        from: u32,
        /// Hz after.
        to: u32,
        /// Where.
        seconds: f64,
    },
    /// There is less in it than its own header says, or its end is not where an end may be.
    #[error("it is truncated: only {seconds:.3} s{} can be decoded", of(*declared))]
    Truncated {
        /// What there is.
        seconds: f64,
        /// What the header says, where it says it.
        declared: Option<f64>,
    },
    /// Data in the middle of it makes no sense.
    #[error("it is damaged after {seconds:.3} s")]
    Damaged {
        /// What was heard before.
        seconds: f64,
        /// What the decoder says.
        #[source]
        source: symphonia::core::errors::Error,
    },
    /// The system could not read on.
    #[error("reading fails after {seconds:.3} s")]
    Read {
        /// What was heard before.
        seconds: f64,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

fn of(seconds: Option<f64>) -> String {
    seconds.map(|seconds| format!(" of {seconds:.3} s")).unwrap_or_default()
}
