//! Files with PCM and ADPCM, written by hand so that any field can be wrong.

/// What is wrong with a size, or not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Right,
    Is(u64),
}

impl Size {
    pub(crate) fn of(self, right: usize) -> u64 {
        match self {
            Self::Right => right as u64,
            Self::Is(wrong) => wrong,
        }
    }
}

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Little,
    Big,
}

impl Store {
    /// The lower bytes of an integer.
    pub(crate) fn bytes(self, value: u64, count: usize) -> Vec<u8> {
        let mut bytes = value.to_le_bytes()[..count].to_vec();
        if self == Self::Big {
            bytes.reverse();
        }
        bytes
    }

    /// Integers with a number of bits in a number of bytes, in the upper bits.
    pub(crate) fn integers(self, samples: &[f32], bits: u32, bytes: usize) -> Vec<u8> {
        let full = 1_i64 << (bits - 1);
        let shift = bytes as u32 * 8 - bits;
        let one = |sample: &f32| ((f64::from(*sample) * full as f64).round() as i64) << shift;
        samples.iter().flat_map(|sample| self.bytes(one(sample) as u64, bytes)).collect()
    }

    pub(crate) fn floats(self, samples: &[f32]) -> Vec<u8> {
        samples.iter().flat_map(|sample| self.bytes(sample.to_bits().into(), 4)).collect()
    }

    pub(crate) fn doubles(self, samples: &[f32]) -> Vec<u8> {
        let bits = |sample: &f32| f64::from(*sample).to_bits();
        samples.iter().flat_map(|sample| self.bytes(bits(sample), 8)).collect()
    }
}

/// Little-endian 16 bits.
pub(crate) fn pcm16(samples: &[f32]) -> Vec<u8> {
    Store::Little.integers(samples, 16, 2)
}

/// Offset binary of 8 bits, as in WAVE.
pub(crate) fn pcm8(samples: &[f32]) -> Vec<u8> {
    Store::Little.integers(samples, 8, 1).iter().map(|byte| byte ^ 0x80).collect()
}

/// G.711, by a search for the nearest code.
pub(crate) fn g711(samples: &[f32], decode: fn(u8) -> i32) -> Vec<u8> {
    let nearest = |sample: &f32| {
        let wanted = (sample * 32_768.0) as i32;
        (0..=255).min_by_key(|code| decode(*code).abs_diff(wanted)).unwrap()
    };
    samples.iter().map(nearest).collect()
}

/// Decodes mu-law to 16 bits.
pub(crate) fn mulaw(code: u8) -> i32 {
    let code = !code;
    let magnitude = ((i32::from(code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7);
    if code & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

/// Decodes A-law to 16 bits.
pub(crate) fn alaw(code: u8) -> i32 {
    let code = code ^ 0x55;
    let (segment, low) = ((code >> 4) & 7, i32::from(code & 0x0F) << 4);
    let magnitude = if segment == 0 { low + 8 } else { (low + 0x108) << (segment - 1) };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// The same samples in the first of several channels; the others are silent.
pub(crate) fn first_of(channels: usize, samples: &[f32]) -> Vec<f32> {
    let frame = |sample: &f32| {
        let mut frame = vec![0.0; channels];
        frame[0] = *sample;
        frame
    };
    samples.iter().flat_map(frame).collect()
}

/// A chunk of RIFF with padding.
pub(crate) fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    sized(id, Size::Right, body)
}

/// A chunk of RIFF with padding, and any size in its header.
pub(crate) fn sized(id: &[u8; 4], size: Size, body: &[u8]) -> Vec<u8> {
    let size = size.of(body.len()) as u32;
    [&id[..], &size.to_le_bytes(), body, &vec![0; body.len() % 2]].concat()
}

/// A `fmt ` chunk for 16 kHz.
pub(crate) fn format(tag: u16, channels: u16, bits: u16) -> Vec<u8> {
    let frame = u32::from(channels) * u32::from(bits.div_ceil(8));
    chunk(b"fmt ", &fields(tag, channels, bits, frame))
}

/// The fields of a `fmt ` chunk of the oldest kind.
pub(crate) fn fields(tag: u16, channels: u16, bits: u16, block: u32) -> Vec<u8> {
    let rate = 16_000_u32;
    [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * block).to_le_bytes(),
        &(block as u16).to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat()
}

/// The extension of a `fmt ` chunk: a tag that is the first field of a GUID.
pub(crate) fn extension(length: u16, valid: u16, mask: u32, tag: u16) -> Vec<u8> {
    const GUID: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];
    let (length, valid, tag) = (length.to_le_bytes(), valid.to_le_bytes(), tag.to_le_bytes());
    [&length[..], &valid, &mask.to_le_bytes(), &tag, &GUID].concat()
}

/// A WAVE file of some chunks.
pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &body].concat()
}

/// A WAVE file of 16 bits and one channel.
pub(crate) fn wave(samples: &[f32]) -> Vec<u8> {
    riff(&[format(1, 1, 16), chunk(b"data", &pcm16(samples))])
}

/// Replaces bytes.
pub(crate) fn patched(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> Vec<u8> {
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// RF64 or BW64; the sizes are those of RIFF and of the data.
pub(crate) fn rf64(magic: &[u8; 4], [riff, data]: [Size; 2], samples: &[f32]) -> Vec<u8> {
    let sound = pcm16(samples);
    let (riff, data) = (riff.of(72 + sound.len()), data.of(sound.len()));
    let sizes = [riff, data, samples.len() as u64].map(u64::to_le_bytes).concat();
    let chunks = [
        chunk(b"ds64", &[&sizes[..], &[0; 4]].concat()),
        format(1, 1, 16),
        sized(b"data", Size::Is(u32::MAX.into()), &sound),
    ];
    [magic, &[0xFF; 4][..], b"WAVE", &chunks.concat()].concat()
}

/// Sony Wave64; the sizes are those of the file and of the data chunk.
pub(crate) fn wave64([file, data]: [Size; 2], samples: &[f32]) -> Vec<u8> {
    const RIFF: [u8; 12] = [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00];
    const OTHER: [u8; 12] =
        [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
    let sound = pcm16(samples);
    let wide = |size: u64| size.to_le_bytes();
    [
        b"riff",
        &RIFF[..],
        &wide(file.of(104 + sound.len())),
        b"wave",
        &OTHER,
        b"fmt ",
        &OTHER,
        &wide(40),
        &fields(1, 1, 16, 2),
        b"data",
        &OTHER,
        &wide(data.of(24 + sound.len())),
        &sound,
    ]
    .concat()
}

/// A big-endian chunk, with any size.
pub(crate) fn big_chunk(id: &[u8; 4], size: Size, body: &[u8]) -> Vec<u8> {
    let size = size.of(body.len()) as u32;
    [&id[..], &size.to_be_bytes(), body, &vec![0; body.len() % 2]].concat()
}

/// RIFX: big-endian in all its parts.
pub(crate) fn rifx(samples: &[f32]) -> Vec<u8> {
    let fields = [&[0, 1, 0, 1, 0, 0, 0x3E, 0x80, 0, 0, 0x7D, 0, 0, 2, 0, 16][..]].concat();
    let sound = Store::Big.integers(samples, 16, 2);
    let chunks =
        [big_chunk(b"fmt ", Size::Right, &fields), big_chunk(b"data", Size::Right, &sound)]
            .concat();
    [b"RIFX", &(chunks.len() as u32 + 4).to_be_bytes()[..], b"WAVE", &chunks].concat()
}

/// AIFF, or AIFF-C with a codec; the sizes are those of the form and of the sound chunk.
pub(crate) fn aiff(
    codec: Option<&[u8; 4]>,
    bits: u16,
    [form, data]: [Size; 2],
    sound: &[u8],
) -> Vec<u8> {
    const RATE: [u8; 10] = [0x40, 0x0C, 0xFA, 0, 0, 0, 0, 0, 0, 0];
    let frames = sound.len() as u32 / u32::from(bits.div_ceil(8));
    let mut common = [&[0, 1][..], &frames.to_be_bytes(), &bits.to_be_bytes(), &RATE].concat();
    common.extend(codec.into_iter().flatten());
    common.extend(codec.into_iter().flat_map(|_| [0, 0]));
    let body = [&[0; 8][..], sound].concat();
    let chunks =
        [big_chunk(b"COMM", Size::Right, &common), big_chunk(b"SSND", data, &body)].concat();
    let form = form.of(chunks.len() + 4) as u32;
    let kind = if codec.is_some() { b"AIFC" } else { b"AIFF" };
    [b"FORM", &form.to_be_bytes()[..], kind, &chunks].concat()
}

/// Core Audio Format; the size is that of the data chunk.
pub(crate) fn caf(
    codec: &[u8; 4],
    flags: u32,
    packet: u32,
    bits: u32,
    data: Size,
    sound: &[u8],
) -> Vec<u8> {
    let frames = if codec == b"ima4" { 64_u32 } else { 1 };
    let numbers = [flags, packet, frames, 1, bits].map(u32::to_be_bytes).concat();
    [
        b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20",
        &16_000_f64.to_be_bytes()[..],
        codec,
        &numbers,
        b"data",
        &data.of(sound.len() + 4).to_be_bytes(),
        &[0; 4],
        sound,
    ]
    .concat()
}

/// Sun and NeXT audio.
pub(crate) fn au(encoding: u32, size: Size, sound: &[u8]) -> Vec<u8> {
    let size = size.of(sound.len()) as u32;
    let fields = [28, size, encoding, 16_000, 1, 0].map(u32::to_be_bytes).concat();
    [&b".snd"[..], &fields, sound].concat()
}
