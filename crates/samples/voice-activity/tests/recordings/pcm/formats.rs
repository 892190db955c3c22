//! How samples are coded.

use super::files::{
    Size, Store, aiff, alaw, au, caf, chunk, extension, fields, first_of, format, g711, mulaw,
    pcm8, pcm16, riff, rifx,
};
use super::{decode, holds, holds_nearly, speech};

/// The deviation of 8 bits, and of G.711 at the level of the speech.
const COARSE: f32 = 0.012;

/// The sizes of a file that is right.
const RIGHT: [Size; 2] = [Size::Right; 2];

#[test]
fn wave_of_any_width_is_read() {
    let speech = speech();
    let little = Store::Little;
    let cases = [
        ("8 bits", format(1, 1, 8), pcm8(&speech)),
        ("12 bits in 16", chunk(b"fmt ", &fields(1, 1, 12, 2)), little.integers(&speech, 12, 2)),
        ("16 bits", format(1, 1, 16), pcm16(&speech)),
        ("20 bits in 24", chunk(b"fmt ", &fields(1, 1, 20, 3)), little.integers(&speech, 20, 3)),
        ("24 bits", format(1, 1, 24), little.integers(&speech, 24, 3)),
        ("24 bits in 32", chunk(b"fmt ", &fields(1, 1, 24, 4)), little.integers(&speech, 24, 4)),
        ("32 bits", format(1, 1, 32), little.integers(&speech, 32, 4)),
        ("float", format(3, 1, 32), little.floats(&speech)),
        ("double", format(3, 1, 64), little.doubles(&speech)),
        ("float of no bits", chunk(b"fmt ", &fields(3, 1, 0, 4)), little.floats(&speech)),
        ("A-law", format(6, 1, 8), g711(&speech, alaw)),
        ("mu-law", format(7, 1, 8), g711(&speech, mulaw)),
        ("mu-law of 16 bits", chunk(b"fmt ", &fields(7, 1, 16, 2)), g711(&speech, mulaw)),
    ];
    for (name, format, data) in cases {
        holds_nearly(name, &riff(&[format.clone(), chunk(b"data", &data)]), &speech, COARSE);
        let tag = u16::from_le_bytes([format[8], format[9]]);
        let bits = u16::from_le_bytes([format[22], format[23]]);
        let extension = extension(22, bits, 4, tag);
        let body = [&[0xFE, 0xFF], &format[10..24], &extension].concat();
        let file = riff(&[chunk(b"fmt ", &body), chunk(b"data", &data)]);
        holds_nearly(&format!("extensible: {name}"), &file, &speech, COARSE);
    }
}

#[test]
fn rifx_is_read() {
    holds("RIFX", &rifx(&speech()), &speech());
}

#[test]
fn any_number_of_channels_is_read() {
    let speech = &speech()[..800];
    for channels in [1, 2, 3, 6, 8, 26, 27, 32, 64, 255, 1024] {
        let sound = pcm16(&first_of(channels.into(), speech));
        for format in [
            format(1, channels, 16),
            chunk(
                b"fmt ",
                &[fields(0xFFFE, channels, 16, u32::from(channels) * 2), extension(22, 16, 3, 1)]
                    .concat(),
            ),
        ] {
            let file = riff(&[format, chunk(b"data", &sound)]);
            holds(&format!("{channels} channels"), &file, speech);
        }
    }
}

#[test]
fn aiff_of_any_codec_is_read() {
    let speech = speech();
    let (big, little) = (Store::Big, Store::Little);
    let cases = [
        (None, 8, big.integers(&speech, 8, 1)),
        (None, 12, big.integers(&speech, 12, 2)),
        (None, 16, big.integers(&speech, 16, 2)),
        (None, 24, big.integers(&speech, 24, 3)),
        (None, 32, big.integers(&speech, 32, 4)),
        (Some(b"NONE"), 16, big.integers(&speech, 16, 2)),
        (Some(b"twos"), 16, big.integers(&speech, 16, 2)),
        (Some(b"twos"), 8, big.integers(&speech, 8, 1)),
        (Some(b"sowt"), 16, pcm16(&speech)),
        (Some(b"sowt"), 24, little.integers(&speech, 24, 3)),
        (Some(b"raw "), 8, pcm8(&speech)),
        (Some(b"in24"), 24, big.integers(&speech, 24, 3)),
        (Some(b"in32"), 32, big.integers(&speech, 32, 4)),
        (Some(b"42ni"), 24, little.integers(&speech, 24, 3)),
        (Some(b"23ni"), 32, little.integers(&speech, 32, 4)),
        (Some(b"fl32"), 32, big.floats(&speech)),
        (Some(b"FL32"), 32, big.floats(&speech)),
        (Some(b"fl64"), 64, big.doubles(&speech)),
        (Some(b"alaw"), 8, g711(&speech, alaw)),
        (Some(b"ulaw"), 16, g711(&speech, mulaw)),
        (Some(b"ULAW"), 8, g711(&speech, mulaw)),
    ];
    for (codec, bits, sound) in cases {
        let name = format!("{:?} of {bits} bits", codec.map(|id| id.escape_ascii().to_string()));
        holds_nearly(&name, &aiff(codec, bits, RIGHT, &sound), &speech, COARSE);
    }
}

#[test]
fn caf_of_any_width_is_read() {
    let speech = speech();
    let (big, little) = (Store::Big, Store::Little);
    let cases = [
        (b"lpcm", 0, 1, 8, big.integers(&speech, 8, 1)),
        (b"lpcm", 0, 2, 16, big.integers(&speech, 16, 2)),
        (b"lpcm", 2, 2, 16, pcm16(&speech)),
        (b"lpcm", 2, 3, 24, little.integers(&speech, 24, 3)),
        (b"lpcm", 2, 4, 24, little.integers(&speech, 24, 4)),
        (b"lpcm", 2, 4, 32, little.integers(&speech, 32, 4)),
        (b"lpcm", 1, 4, 32, big.floats(&speech)),
        (b"lpcm", 3, 4, 32, little.floats(&speech)),
        (b"lpcm", 3, 8, 64, little.doubles(&speech)),
        (b"alaw", 0, 1, 8, g711(&speech, alaw)),
        (b"ulaw", 0, 1, 8, g711(&speech, mulaw)),
    ];
    for (codec, flags, packet, bits, sound) in cases {
        let name = format!("{} {flags} {bits}", codec.escape_ascii());
        let file = caf(codec, flags, packet, bits, Size::Right, &sound);
        holds_nearly(&name, &file, &speech, COARSE);
    }
}

#[test]
fn au_of_any_encoding_is_read() {
    let speech = speech();
    let big = Store::Big;
    let cases = [
        (1, g711(&speech, mulaw)),
        (2, big.integers(&speech, 8, 1)),
        (3, big.integers(&speech, 16, 2)),
        (4, big.integers(&speech, 24, 3)),
        (5, big.integers(&speech, 32, 4)),
        (6, big.floats(&speech)),
        (7, big.doubles(&speech)),
        (27, g711(&speech, alaw)),
    ];
    for (encoding, sound) in cases {
        let file = au(encoding, Size::Right, &sound);
        holds_nearly(&format!("encoding {encoding}"), &file, &speech, COARSE);
    }
}

/// Blocks of ADPCM that hold silence.
#[test]
fn blocks_of_adpcm_are_read() {
    let adpcm = |tag, channels: u16, block: u32, blocks: usize| {
        let format =
            chunk(b"fmt ", &[&fields(tag, channels, 4, block)[..], &[2, 0, 0, 0]].concat());
        riff(&[format, chunk(b"data", &vec![0; block as usize * blocks])])
    };
    let cases = [
        ("IMA", adpcm(0x11, 1, 256, 10), 505 * 10),
        ("IMA, stereo", adpcm(0x11, 2, 512, 10), 505 * 10),
        ("IMA of the Xbox", adpcm(0x69, 1, 36, 10), 65 * 10),
        ("IMA with bytes left over", adpcm(0x11, 2, 517, 10), 505 * 10),
        ("Microsoft", adpcm(0x02, 1, 256, 10), 500 * 10),
        ("Microsoft, stereo", adpcm(0x02, 2, 512, 10), 500 * 10),
        ("IMA in AIFF-C", aiff(Some(b"ima4"), 16, RIGHT, &[0; 340]), 64 * 10),
        ("IMA in CAF", caf(b"ima4", 0, 34, 0, Size::Right, &[0; 340]), 64 * 10),
    ];
    for (name, file, samples) in cases {
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decoded.broken.is_none(), "{name}: {:?}", decoded.broken);
        assert_eq!(decoded.samples.len(), samples, "{name}");
    }
}

#[test]
fn an_mp3_in_a_wave_file_is_read() {
    let mp3 = std::fs::read(crate::support::audio("excerpt.mp3")).unwrap();
    let format = chunk(b"fmt ", &[&fields(0x55, 2, 0, 1)[..], &[12, 0], &[0; 12]].concat());
    let decoded = decode(&riff(&[format, chunk(b"data", &mp3)])).unwrap();
    assert_eq!(decoded.rate, 24_000);
    assert!((decoded.seconds - 2.5).abs() < 0.1, "{decoded:?}");
}
