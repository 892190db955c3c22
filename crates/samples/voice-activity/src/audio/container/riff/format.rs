//! The `fmt ` chunk.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};
use symphonia::core::errors::Error;

use super::names::name;
use crate::audio::container::blocks::{Coding, Sound};
use crate::audio::container::chunks::Order;
use crate::audio::container::linear::{Kind, linear};
use crate::audio::reason::Reason;

/// What a file has inside.
pub(super) enum Inside {
    Blocks(Sound),
    /// A stream of MPEG audio.
    Mpeg,
}

/// The fields that matter. The byte rate does not: it is often wrong.
struct Format {
    tag: u16,
    channels: u32,
    rate: u32,
    /// The size of a block in bytes.
    block: u32,
    bits: u32,
}

/// Reads the body of the chunk.
pub(super) fn parse(body: &[u8], order: Order) -> Result<Inside, Reason> {
    const PCM: u16 = 0x0001;
    const ADPCM_MS: u16 = 0x0002;
    const FLOAT: u16 = 0x0003;
    const ALAW: u16 = 0x0006;
    const MULAW: u16 = 0x0007;
    const ADPCM_IMA: u16 = 0x0011;
    const MPEG: u16 = 0x0050;
    const MP3: u16 = 0x0055;
    const ADPCM_XBOX: u16 = 0x0069;

    let format = Format::read(body, order)?;
    let coding = match format.tag {
        PCM => format.pcm(order)?,
        FLOAT => format.float(order)?,
        ALAW => Coding::pcm(CODEC_ID_PCM_ALAW, 1, format.channels),
        MULAW => Coding::pcm(CODEC_ID_PCM_MULAW, 1, format.channels),
        ADPCM_MS => format.adpcm_ms()?,
        ADPCM_IMA | ADPCM_XBOX if format.bits != 3 => format.adpcm_ima()?,
        MPEG | MP3 => return Ok(Inside::Mpeg),
        tag => return Err(unsupported(&name(tag))),
    };
    Ok(Inside::Blocks(Sound { rate: format.rate, channels: format.channels, coding }))
}

impl Format {
    fn read(body: &[u8], order: Order) -> Result<Self, Reason> {
        const EXTENSIBLE: u16 = 0xFFFE;
        const PCM: u16 = 0x0001;
        if body.len() < 16 {
            return Err(Reason::TruncatedHeader);
        }
        let long = |at: usize| order.uint(&body[at..at + 4]) as u32;
        let short = |at: usize| order.uint(&body[at..at + 2]) as u16;
        let tag = match short(0) {
            // The tag is the first field of a GUID, if the chunk is as long as it should be. The mask of
            // speakers and the number of valid bits, which are the upper ones, make no difference.
            EXTENSIBLE if body.len() >= 26 && short(24) != 0 => short(24),
            EXTENSIBLE => PCM,
            tag => tag,
        };
        let (channels, block, bits) = (short(2).into(), short(12).into(), short(14).into());
        Ok(Self { tag, channels, rate: long(4), block, bits })
    }

    /// The number of bytes of a sample in a block, if it is a whole number.
    fn share(&self) -> Option<u32> {
        let share = self.block.checked_div(self.channels)?;
        (share * self.channels == self.block).then_some(share)
    }

    fn pcm(&self, order: Order) -> Result<Coding, Reason> {
        let bytes = match (self.bits, self.share()) {
            (0, Some(share)) => share,
            // 24 bits are often stored in 32. A block that does not agree otherwise is wrong.
            (17..=24, Some(4)) => 4,
            (bits, _) => bits.div_ceil(8),
        };
        let kind = if bytes == 1 { Kind::Unsigned } else { Kind::Signed };
        let codec = linear(kind, bytes, order);
        let codec = codec.ok_or_else(|| unsupported(&format!("{}-bit PCM", self.bits)))?;
        Ok(Coding::pcm(codec, bytes, self.channels))
    }

    fn float(&self, order: Order) -> Result<Coding, Reason> {
        let bytes = match (self.bits, self.share()) {
            (32 | 64, _) | (_, None) => self.bits.div_ceil(8),
            (_, Some(share)) => share,
        };
        let codec = linear(Kind::Float, bytes, order);
        let codec = codec.ok_or_else(|| unsupported(&format!("{}-bit float", self.bits)))?;
        Ok(Coding::pcm(codec, bytes, self.channels))
    }

    /// Two samples in a header of seven bytes for each channel, then four bits for each sample.
    fn adpcm_ms(&self) -> Result<Coding, Reason> {
        let samples = |data: u32| Some(2 + (data * 2).checked_div(self.channels)?);
        self.adpcm(CODEC_ID_ADPCM_MS, 7, samples)
    }

    /// A sample in a header of four bytes for each channel, then words of eight samples.
    fn adpcm_ima(&self) -> Result<Coding, Reason> {
        let samples = |data: u32| Some(1 + data.checked_div(4 * self.channels)? * 8);
        self.adpcm(CODEC_ID_ADPCM_IMA_WAV, 4, samples)
    }

    fn adpcm(
        &self,
        codec: AudioCodecId,
        header: u32,
        samples: impl FnOnce(u32) -> Option<u32>,
    ) -> Result<Coding, Reason> {
        let data = self.block.checked_sub(header * self.channels);
        let samples = data.and_then(samples);
        let samples = samples.ok_or(Error::DecodeError("the block is too small"))?;
        Ok(Coding { codec, block: self.block.into(), samples: samples.into() })
    }
}

fn unsupported(codec: &str) -> Reason {
    Reason::Unsupported(format!("{codec} in WAV"))
}
