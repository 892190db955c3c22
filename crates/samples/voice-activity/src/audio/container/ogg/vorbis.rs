//! Checks the codebooks of Vorbis, by which a damaged file can make its reader panic.

/// The packet with the codebooks begins with this.
const SETUP: &[u8] = b"\x05vorbis";

/// What each codebook begins with.
const SYNC: u64 = 0x56_4342;

/// Reads numbers from the least significant bit on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

/// Whether the sizes of all codebooks in a packet can be computed; true for another packet.
pub(super) fn is_sound(packet: &[u8]) -> bool {
    let Some(bytes) = packet.strip_prefix(SETUP) else { return true };
    let mut bits = Bits { bytes, at: 0 };
    let Some(count) = bits.take(8) else { return true };
    // The reader finds out itself where a packet ends too early.
    (0..=count).map_while(|_| bits.codebook()).all(|is_sound| is_sound)
}

/// The number of values for so many dimensions, if the reader agrees that it is right: it computes a root,
/// which is inexact for large numbers, and checks it by powers, which overflow for many dimensions.
fn lookup_size(entries: u32, dimensions: u32) -> Option<u32> {
    let size = (entries as f32).powf(1.0 / dimensions as f32).floor() as u32;
    let below = size.wrapping_pow(dimensions);
    let above = size.wrapping_add(1).wrapping_pow(dimensions);
    (below <= entries && entries < above).then_some(size)
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u64> {
        let mut number = 0;
        for bit in 0..count {
            let byte = self.bytes.get(usize::try_from(self.at / 8).ok()?)?;
            number |= u64::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(number)
    }

    /// Reads a codebook, and whether it is sound; `None` where the packet ends.
    fn codebook(&mut self) -> Option<bool> {
        if self.take(24)? != SYNC {
            return None;
        }
        let dimensions = self.take(16)? as u32;
        let entries = self.take(24)? as u32;
        self.skip_lengths(entries)?;
        let kind = self.take(4)?;
        if !matches!(kind, 1 | 2) {
            return (kind == 0).then_some(true);
        }
        self.at += 64;
        let bits = self.take(4)? + 1;
        self.at += 1;
        let values = match kind {
            1 => match lookup_size(entries, dimensions) {
                Some(size) => u64::from(size),
                None => return Some(false),
            },
            _ => u64::from(entries) * u64::from(dimensions),
        };
        self.at += values * bits;
        Some(true)
    }

    /// Skips the lengths of the code words.
    fn skip_lengths(&mut self, entries: u32) -> Option<()> {
        if self.take(1)? == 1 {
            self.take(5)?;
            let mut entry = 0;
            while entry < entries {
                let most = u32::BITS - (entries - entry).leading_zeros();
                entry += self.take(most)? as u32;
            }
        } else if self.take(1)? == 1 {
            for _ in 0..entries {
                if self.take(1)? == 1 {
                    self.take(5)?;
                }
            }
        } else {
            self.at += u64::from(entries) * 5;
        }
        Some(())
    }
}
