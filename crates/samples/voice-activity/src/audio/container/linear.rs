//! Linear PCM.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE,
    CODEC_ID_PCM_S8, CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24BE,
    CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};

use super::chunks::Order;

/// What a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    Float,
}

/// The codec of samples of a number of bytes, if there is one.
///
/// Samples with fewer bits are in the upper ones, so their number makes no difference.
pub(super) fn linear(kind: Kind, bytes: u32, order: Order) -> Option<AudioCodecId> {
    Some(match (kind, bytes, order) {
        (Kind::Unsigned, 1, _) => CODEC_ID_PCM_U8,
        (Kind::Signed, 1, _) => CODEC_ID_PCM_S8,
        (Kind::Signed, 2, Order::Little) => CODEC_ID_PCM_S16LE,
        (Kind::Signed, 2, Order::Big) => CODEC_ID_PCM_S16BE,
        (Kind::Signed, 3, Order::Little) => CODEC_ID_PCM_S24LE,
        (Kind::Signed, 3, Order::Big) => CODEC_ID_PCM_S24BE,
        (Kind::Signed, 4, Order::Little) => CODEC_ID_PCM_S32LE,
        (Kind::Signed, 4, Order::Big) => CODEC_ID_PCM_S32BE,
        (Kind::Float, 4, Order::Little) => CODEC_ID_PCM_F32LE,
        (Kind::Float, 4, Order::Big) => CODEC_ID_PCM_F32BE,
        (Kind::Float, 8, Order::Little) => CODEC_ID_PCM_F64LE,
        (Kind::Float, 8, Order::Big) => CODEC_ID_PCM_F64BE,
        _ => return None,
    })
}
