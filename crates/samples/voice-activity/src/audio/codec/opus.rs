//! Opus, by the port of the reference decoder in `ropus`.

use ropus::OpusMSDecoder;
use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, Channels,
    GenericAudioBufferRef,
};
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::codecs::{CodecInfo, CodecProfileInfo};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

/// The sample rate of Opus in Hz, in which its packets and trims are counted.
pub(in crate::audio) const RATE: u32 = 48_000;

/// The sample rate in Hz at which it is decoded: that of the detector, which saves half of the time.
const DECODED_RATE: u32 = crate::detector::RATE;

/// The number of samples at [`RATE`] in one at [`DECODED_RATE`].
const STEP: u64 = (RATE / DECODED_RATE) as u64;

/// The greatest number of decoded samples in a packet, per channel: 120 ms.
const MAX_SAMPLES: usize = DECODED_RATE as usize * 120 / 1000;

/// The most channels that are decoded: each has a decoder of about 100 KB.
const MAX_CHANNELS: u8 = 32;

/// Decodes Opus to the rate of the detector.
pub(super) struct OpusDecoder {
    params: AudioCodecParameters,
    decoder: OpusMSDecoder,
    /// Samples that remain to be dropped from the beginning of the stream, until the decoder has converged.
    skip: u64,
    interleaved: Vec<i16>,
    sound: AudioBuffer<i16>,
}

/// The fields of an identification header that matter to a decoder (RFC 7845, section 5.1).
struct Head {
    channels: u8,
    /// The number of samples to drop at the beginning, per channel.
    skip: u16,
    /// In 1/256 dB.
    gain: i16,
    streams: u8,
    /// The number of streams with two channels.
    coupled: u8,
    /// The decoded channel for each channel of the output.
    mapping: Vec<u8>,
}

impl OpusDecoder {
    fn try_new(params: &AudioCodecParameters) -> Result<Self> {
        let head = match (&params.extra_data, &params.channels) {
            (Some(header), _) => Head::parse(header),
            (None, Some(channels)) => Head::without_header(channels.count()),
            (None, None) => None,
        };
        let Some(head) = head else {
            return decode_error("opus: invalid identification header");
        };
        if head.channels > MAX_CHANNELS || head.streams > MAX_CHANNELS {
            return unsupported_error("opus: too many channels");
        }
        let Ok(mut decoder) = OpusMSDecoder::new(
            DECODED_RATE as i32,
            i32::from(head.channels),
            i32::from(head.streams),
            i32::from(head.coupled),
            &head.mapping,
        ) else {
            return decode_error("opus: invalid channel mapping");
        };
        decoder.set_gain(i32::from(head.gain));
        let spec = AudioSpec::new(DECODED_RATE, Channels::Discrete(u16::from(head.channels)));
        Ok(Self {
            params: params.clone(),
            decoder,
            skip: u64::from(head.skip) / STEP,
            interleaved: vec![0; MAX_SAMPLES * usize::from(head.channels)],
            sound: AudioBuffer::new(spec, MAX_SAMPLES),
        })
    }
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"OpusHead")?;
        let [version, channels, skip0, skip1, r0, r1, r2, r3, gain0, gain1, family, table @ ..] =
            bytes
        else {
            return None;
        };
        let channels = *channels;
        let (streams, coupled, mapping) = match (*family, table) {
            // Family 0 is one stream, of one or two channels.
            (0, _) if channels <= 2 => (1, channels.checked_sub(1)?, vec![0, 1]),
            (_, [streams, coupled, mapping @ ..]) => {
                (*streams, *coupled, mapping.get(..usize::from(channels))?.to_vec())
            }
            _ => return None,
        };
        // In an MP4, where the version is 0, the header is big-endian. Early encoders wrote that version
        // elsewhere, too, but the rate of the original tells the order.
        let rate = [*r0, *r1, *r2, *r3];
        let is_big = *version == 0 && u32::from_be_bytes(rate) <= u32::from_le_bytes(rate);
        let (skip, gain) = if is_big {
            (u16::from_be_bytes([*skip0, *skip1]), i16::from_be_bytes([*gain0, *gain1]))
        } else {
            (u16::from_le_bytes([*skip0, *skip1]), i16::from_le_bytes([*gain0, *gain1]))
        };
        Some(Self { channels, skip, gain, streams, coupled, mapping })
    }

    /// The header of one stream, for a container that has none.
    fn without_header(channels: usize) -> Option<Self> {
        let coupled = [0, 1].get(channels.checked_sub(1)?).copied()?;
        let channels = channels as u8;
        Some(Self { channels, skip: 0, gain: 0, streams: 1, coupled, mapping: vec![0, 1] })
    }
}

impl AudioDecoder for OpusDecoder {
    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.sound.clear();
        let Ok(length @ 1..) = i32::try_from(packet.data.len()) else {
            return decode_error("opus: invalid size of a packet");
        };
        let (pcm, most) = (&mut self.interleaved, MAX_SAMPLES as i32);
        let Ok(samples) = self.decoder.decode(Some(packet.data), length, pcm, most, false) else {
            return decode_error("opus: invalid packet");
        };
        let channels = self.sound.spec().channels().count();
        self.sound.render_uninit(Some(samples as usize));
        let samples = &self.interleaved[..samples as usize * channels];
        self.sound.copy_from_slice_interleaved(&samples);
        let skip = self.skip.min(self.sound.frames() as u64);
        self.skip -= skip;
        let start = skip.max(packet.trim_start.get() / STEP);
        self.sound.trim(start as usize, (packet.trim_end.get() / STEP) as usize);
        Ok(self.sound.as_generic_audio_buffer_ref())
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.sound.as_generic_audio_buffer_ref()
    }

    fn reset(&mut self) {
        self.decoder.reset();
        self.sound.clear();
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }
}

impl RegisterableAudioDecoder for OpusDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Self::try_new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const PROFILES: &[CodecProfileInfo] = &[];
        const INFO: CodecInfo =
            CodecInfo { short_name: "opus", long_name: "Opus", profiles: PROFILES };
        &[SupportedAudioCodec { id: CODEC_ID_OPUS, info: INFO }]
    }
}
