//! Decodes a file to mono samples, packet by packet.

use std::io;
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;

use super::channels::Mixer;
use super::codec::{decoder_for, supported};
use super::container::{Container, Format, Length};
use super::file;
use super::reason::Reason;

/// The audio track of a file, one packet at a time.
pub(super) struct Decoder {
    container: Container,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    /// The sample rate according to the header, in Hz.
    rate: u32,
    mixer: Mixer,
    position: Position,
    /// A packet before which silence is put in.
    held: Option<Packet>,
}

/// How far a file is decoded. The sample rate may change within a file that was joined from several.
struct Position {
    /// The current sample rate in Hz.
    rate: u32,
    /// The number of seconds at earlier rates.
    before: f64,
    /// The number of samples per channel at the current rate.
    samples: u64,
}

impl Decoder {
    pub(super) fn open(path: &Path) -> Result<Self, Reason> {
        let mut file = file::open(path)?;
        let format = Format::of(&mut file)?;
        let container = Container::open(format, file)?;
        let track = container.track().ok_or(Reason::NoTrack)?;
        let (codec, rate) = decoder_for(track)?;
        let rate = supported(rate)?;
        Ok(Self {
            track: track.id,
            container,
            codec,
            rate,
            mixer: Mixer::default(),
            position: Position { rate, before: 0.0, samples: 0 },
            held: None,
        })
    }

    /// The sample rate of the file in Hz; if it changes, the first one.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// The number of seconds decoded so far.
    pub(super) fn seconds(&self) -> f64 {
        self.position.seconds()
    }

    /// The expected length in seconds.
    pub(super) fn expected_seconds(&self) -> Option<f64> {
        match self.container.length {
            Length::Declared(samples) | Length::Estimated(samples) => {
                Some(samples as f64 / f64::from(self.rate))
            }
            Length::Unknown => None,
        }
    }

    /// Replaces `mono` with the next packet, mixed to one channel, and returns its sample rate in Hz;
    /// `None` is the end.
    pub(super) fn next_packet(&mut self, mono: &mut Vec<f32>) -> Result<Option<u32>, Reason> {
        mono.clear();
        let Some(packet) = self.packet()? else { return Ok(None) };
        let (container, position) = (&mut self.container, &mut self.position);
        if let Some(gaps) = &mut container.gaps
            && let Some(seconds) = gaps.silence(&packet)
        {
            self.held = Some(packet);
            let rate = position.rate;
            mono.resize((seconds * f64::from(rate)).round() as usize, 0.0);
            gaps.advance(seconds);
            container.trim.apply(rate, mono);
            position.advance(rate, mono.len());
            return Ok(Some(rate));
        }
        match self.codec.decode(&packet) {
            Ok(sound) => {
                let rate = supported(sound.spec().rate())?;
                self.mixer.mix(&sound, mono);
                if let Some(gaps) = &mut container.gaps {
                    gaps.advance(mono.len() as f64 / f64::from(rate));
                }
                container.trim.apply(rate, mono);
                position.advance(rate, mono.len());
                Ok(Some(position.rate))
            }
            // A decoder reads a packet, not the file, whatever its error says.
            Err(source) => Err(Reason::Damaged { seconds: position.seconds(), source }),
        }
    }

    /// The next packet of the track.
    fn packet(&mut self) -> Result<Option<Packet>, Reason> {
        if let Some(packet) = self.held.take() {
            return Ok(Some(packet));
        }
        loop {
            match self.container.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(Error::ResetRequired) => self.next_link()?,
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    /// Continues with the next of several concatenated files.
    fn next_link(&mut self) -> Result<(), Reason> {
        let track = self.container.track().ok_or(Reason::NoTrack)?;
        let (codec, rate) = decoder_for(track)?;
        let link = track.num_frames.unwrap_or(0);
        self.track = track.id;
        self.codec = codec;
        if let Some(gaps) = &mut self.container.gaps {
            gaps.restart();
        }
        let link = link.saturating_mul(self.rate.into()) / u64::from(supported(rate)?);
        let length = &mut self.container.length;
        if let Length::Declared(samples) | Length::Estimated(samples) = *length {
            *length = Length::Estimated(samples.saturating_add(link));
        }
        Ok(())
    }

    fn truncated(&self) -> Reason {
        let declared = match self.container.length {
            Length::Declared(_) => self.expected_seconds(),
            _ => None,
        };
        Reason::Truncated { seconds: self.seconds(), declared }
    }

    fn broken(&self, error: Error) -> Reason {
        let seconds = self.seconds();
        match error {
            Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.truncated()
            }
            Error::IoError(source) => Reason::Read { seconds, source },
            source => Reason::Damaged { seconds, source },
        }
    }
}

impl Position {
    fn seconds(&self) -> f64 {
        self.before + self.samples as f64 / f64::from(self.rate)
    }

    fn advance(&mut self, rate: u32, samples: usize) {
        if rate != self.rate {
            *self = Self { rate, before: self.seconds(), samples: 0 };
        }
        self.samples += samples as u64;
    }
}
