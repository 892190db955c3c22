//! Finds the decoder for a track.

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::formats::Track;

use super::reason::{RATES, Reason};

/// Returns the decoder for a track and the sample rate in Hz.
pub(super) fn decoder_for(track: &Track) -> Result<(Box<dyn AudioDecoder>, u32), Reason> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or(Reason::NoTrack)?;
    let codec = symphonia::default::get_codecs()
        .make_audio_decoder(params, &Default::default())
        .map_err(Reason::Codec)?;
    Ok((codec, params.sample_rate.unwrap_or(0)))
}

/// Checks a sample rate in Hz.
pub(super) fn supported(rate: u32) -> Result<u32, Reason> {
    if RATES.contains(&rate) { Ok(rate) } else { Err(Reason::Rate(rate)) }
}
