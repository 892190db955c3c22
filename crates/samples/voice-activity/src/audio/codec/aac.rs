//! HE-AAC, of which the core is decoded: the lower half of the band, at half the sample rate.

/// The object types (ISO 14496-3, table 1.17).
const LC: u16 = 2;
const SBR: u16 = 5;
const PS: u16 = 29;

/// The configuration of the core, for a decoder that refuses the rest of HE-AAC.
pub(super) fn core(config: &[u8]) -> Option<Box<[u8]>> {
    let [first, second, ..] = *config else { return None };
    let head = u16::from_be_bytes([first, second]);
    let (kind, rate, channels) = (head >> 11, head >> 7 & 0xF, head >> 3 & 0xF);
    // A rate or channels that are told in full take more bytes; no encoder of HE-AAC does that.
    if rate == 15 || channels == 0 {
        return None;
    }
    match kind {
        // What follows can only say that the rest is there.
        LC => Some(head.to_be_bytes().into()),
        SBR | PS => Some((LC << 11 | rate << 7 | channels << 3).to_be_bytes().into()),
        _ => None,
    }
}

/// The number of channels of a configuration, if it is told.
pub(super) fn channels(config: &[u8]) -> Option<usize> {
    match config.get(1)? >> 3 & 0xF {
        0 => None,
        7 => Some(8),
        channels => Some(usize::from(channels)),
    }
}
