//! Decodes a file to mono samples, packet by packet.

use std::fs::File;
use std::path::Path;
use std::{fs, io};

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_MP3, FORMAT_ID_OGG, FORMAT_ID_WAVE};
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;

use super::reason::{RATES, Reason};

/// The number of samples that may be missing from an MP3, because some encoders count the frame that holds
/// the count.
const MP3_FRAME: u64 = 1152;

/// The audio track of a file, one packet at a time.
pub(super) struct Decoder {
    format: Box<dyn FormatReader>,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    rate: u32,
    length: Length,
    /// The number of samples per channel so far.
    decoded: u64,
    /// The samples of the last packet, with interleaved channels.
    interleaved: Vec<f32>,
}

/// The expected number of samples per channel.
#[derive(Clone, Copy)]
enum Length {
    /// Declared by the header. Fewer mean that the file is truncated, but `slack` may be missing.
    Declared {
        samples: u64,
        slack: u64,
    },
    /// An estimate, for progress only.
    Estimated(u64),
    Unknown,
}

impl Decoder {
    pub(super) fn open(path: &Path) -> Result<Self, Reason> {
        let source = MediaSourceStream::new(Box::new(open_file(path)?), Default::default());
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), source, Default::default(), Default::default())
            .map_err(unknown)?;
        let track = format.default_track(TrackType::Audio).ok_or(Reason::NoTrack)?;
        let (codec, rate) = decoder_for(track)?;
        if !RATES.contains(&rate) {
            return Err(Reason::Rate(rate));
        }
        let (track, length) = (track.id, length_of(&*format, track));
        Ok(Self { format, codec, track, rate, length, decoded: 0, interleaved: Vec::new() })
    }

    /// The sample rate of the file in Hz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// The number of seconds decoded so far.
    pub(super) fn seconds(&self) -> f64 {
        self.to_seconds(self.decoded)
    }

    /// The expected length in seconds.
    pub(super) fn expected_seconds(&self) -> Option<f64> {
        match self.length {
            Length::Declared { samples, .. } | Length::Estimated(samples) => {
                Some(self.to_seconds(samples))
            }
            Length::Unknown => None,
        }
    }

    /// Replaces `mono` with the next packet, mixed to one channel; returns false at the end.
    pub(super) fn next_packet(&mut self, mono: &mut Vec<f32>) -> Result<bool, Reason> {
        mono.clear();
        let packet = loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return self.end(),
                Err(Error::ResetRequired) => self.next_link()?,
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.cut();
                }
                Err(error) => return Err(self.broken(error)),
            }
        };
        let seconds = self.seconds();
        match self.codec.decode(&packet) {
            Ok(sound) if sound.spec().rate() != self.rate => {
                Err(Reason::RateChange { from: self.rate, to: sound.spec().rate(), seconds })
            }
            Ok(sound) => {
                self.decoded += sound.frames() as u64;
                mix(&sound, &mut self.interleaved, mono);
                Ok(true)
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Continues with the next of several concatenated Ogg files.
    fn next_link(&mut self) -> Result<(), Reason> {
        let track = self.format.default_track(TrackType::Audio).ok_or(Reason::NoTrack)?;
        let (codec, _) = decoder_for(track)?;
        self.length = match length_of(&*self.format, track) {
            Length::Estimated(samples) => Length::Estimated(self.decoded + samples),
            other => other,
        };
        self.track = track.id;
        self.codec = codec;
        Ok(())
    }

    /// Handles an end of the file at a valid position.
    fn end(&self) -> Result<bool, Reason> {
        match self.length {
            Length::Declared { samples, slack } if self.decoded + slack < samples => {
                Err(self.truncated())
            }
            _ => Ok(false),
        }
    }

    /// Handles an end of the file at an invalid position.
    fn cut(&self) -> Result<bool, Reason> {
        match self.length {
            // The header of a WAV that was written to a pipe has no length.
            Length::Unknown if self.format.format_info().format == FORMAT_ID_WAVE => Ok(false),
            _ => Err(self.truncated()),
        }
    }

    fn truncated(&self) -> Reason {
        let declared = match self.length {
            Length::Declared { samples, .. } => Some(self.to_seconds(samples)),
            _ => None,
        };
        Reason::Truncated { seconds: self.seconds(), declared }
    }

    fn broken(&self, error: Error) -> Reason {
        let seconds = self.seconds();
        match error {
            Error::IoError(source) => Reason::Read { seconds, source },
            source => Reason::Damaged { seconds, source },
        }
    }

    fn to_seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.rate)
    }
}

fn open_file(path: &Path) -> Result<File, Reason> {
    // Checked before opening, because opening a pipe waits for a writer.
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Reason::NotFound,
        _ => Reason::Open(error),
    };
    let kind = fs::metadata(path).map_err(refused)?.file_type();
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => Err(Reason::Folder),
        (_, false) => Err(Reason::NotAFile),
        _ => File::open(path).map_err(refused),
    }
}

fn decoder_for(track: &Track) -> Result<(Box<dyn AudioDecoder>, u32), Reason> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or(Reason::NoTrack)?;
    let codec = symphonia::default::get_codecs()
        .make_audio_decoder(params, &Default::default())
        .map_err(Reason::Codec)?;
    Ok((codec, params.sample_rate.unwrap_or(0)))
}

fn length_of(format: &dyn FormatReader, track: &Track) -> Length {
    let Some(samples) = track.num_frames else { return Length::Unknown };
    match (format.format_info().format, track.delay) {
        // Counted by the last page, which has a flag that marks it as the last.
        (FORMAT_ID_OGG, _) => Length::Estimated(samples),
        // Without a header frame, the length is estimated from the size of the file.
        (FORMAT_ID_MP3, None) => Length::Estimated(samples),
        (FORMAT_ID_MP3, Some(0)) => Length::Declared { samples, slack: MP3_FRAME },
        _ => Length::Declared { samples, slack: 0 },
    }
}

/// The reason why no reader accepted the file.
fn unknown(error: Error) -> Reason {
    match error {
        Error::Unsupported(_) => Reason::NotAudio,
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Reason::TruncatedHeader
        }
        error => Reason::Header(error),
    }
}

/// Averages the channels into `mono`; NaN becomes silence.
fn mix(sound: &GenericAudioBufferRef<'_>, interleaved: &mut Vec<f32>, mono: &mut Vec<f32>) {
    sound.copy_to_vec_interleaved(interleaved);
    let channels = sound.num_planes().max(1);
    mono.extend(interleaved.chunks_exact(channels).map(|samples| {
        let mean = samples.iter().sum::<f32>() / channels as f32;
        if mean.is_finite() { mean.clamp(-1.0, 1.0) } else { 0.0 }
    }));
}
