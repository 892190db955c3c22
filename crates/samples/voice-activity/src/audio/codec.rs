//! Finds the decoder for a track.

mod aac;
mod opus;

use std::sync::LazyLock;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::Track;

use self::opus::OpusDecoder;
pub(super) use self::opus::RATE as OPUS_RATE;
use super::reason::{RATES, Reason};

/// The decoders of symphonia, and what it has none for.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<OpusDecoder>();
    codecs
});

/// Returns the decoder for a track and the sample rate in Hz.
pub(super) fn decoder_for(track: &Track) -> Result<(Box<dyn AudioDecoder>, u32), Reason> {
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        return Err(Reason::NoTrack);
    };
    let mut params = params.clone();
    if params.codec == CODEC_ID_AAC
        && let Some(core) = params.extra_data.as_deref().and_then(aac::core)
    {
        params.extra_data = Some(core);
    }
    let codec = CODECS
        .make_audio_decoder(&params, &Default::default())
        .map_err(|error| refusal(&params, error))?;
    let rate = match params.codec {
        CODEC_ID_OPUS => OPUS_RATE,
        // A decoder knows a rate that does not fit into the header of the container.
        _ => codec.codec_params().sample_rate.or(params.sample_rate).unwrap_or(0),
    };
    Ok((codec, rate))
}

/// Why there is no decoder: one that is there for the codec can still lack the number of channels.
fn refusal(params: &AudioCodecParameters, error: Error) -> Reason {
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    let (name, channels) = match CODECS.get_audio_decoder(params.codec) {
        Some(_) if params.codec == CODEC_ID_AAC => {
            ("AAC", params.extra_data.as_deref().and_then(aac::channels).unwrap_or(channels))
        }
        Some(decoder) => (decoder.codec.info.long_name, channels),
        None => return Reason::Codec(error),
    };
    match error {
        Error::Unsupported(_) if channels > 2 => {
            Reason::Unsupported(format!("{name} with {channels} channels"))
        }
        error => Reason::Codec(error),
    }
}

/// Checks a sample rate in Hz.
pub(super) fn supported(rate: u32) -> Result<u32, Reason> {
    if RATES.contains(&rate) { Ok(rate) } else { Err(Reason::Rate(rate)) }
}
