//! Where the sound ends.

use super::files::{
    Size, Store, aiff, au, caf, chunk, format, patched, pcm16, rf64, riff, sized, wave, wave64,
};
use super::{decode, holds, is_truncated, speech};
use voice_activity::audio::Reason;

/// What programs write into pipes, as the sizes of RIFF and of the data.
const PIPES: [(&str, u32, u32); 12] = [
    ("SoX", 0x7FFF_F024, 0x7FFF_F000),
    ("LAME", 0x8000_0023, 0x7FFF_FFFF),
    ("mpg123", 36, 0),
    ("espeak-ng", 0x7FFF_F024, 0x7FFF_F000),
    ("MPlayer", 0x7FFF_F024, 0x7FFF_F000),
    ("GStreamer", 0x7FFF_0024, 0x7FFF_0000),
    ("GStreamer, old", 0, 0),
    ("arecord", 0x8000_0024, 0x8000_0000),
    ("FFmpeg", 0xFFFF_FFFF, 0xFFFF_FFFF),
    ("the largest size without overflow", 0xFFFF_FFFF, 0xFFFF_FFDB),
    ("signed limits", 0x7FFF_FFFF, 0x7FFF_FFDB),
    ("only the data", 0, 0xFFFF_FFFF),
];

#[test]
fn a_placeholder_means_the_end_of_the_file() {
    let speech = speech();
    for (name, riff, data) in PIPES {
        let file = patched(wave(&speech), 4, &riff.to_le_bytes());
        let file = patched(file, 40, &data.to_le_bytes());
        holds(name, &file, &speech);
    }
}

#[test]
fn a_placeholder_of_64_bits_means_the_end_of_the_file() {
    let speech = speech();
    let (right, unknown) = (Size::Right, Size::Is(u64::MAX));
    for magic in [b"RF64", b"BW64"] {
        for sizes in [[right, right], [Size::Is(0), Size::Is(0)], [unknown, unknown]] {
            holds(&format!("{sizes:?}"), &rf64(magic, sizes, &speech), &speech);
        }
    }
    let ffmpeg = [unknown, Size::Is(i64::MAX as u64)];
    let empty = [Size::Is(0), Size::Is(24)];
    for sizes in [[right, right], [Size::Is(0), Size::Is(0)], empty, ffmpeg] {
        holds(&format!("Wave64 {sizes:?}"), &wave64(sizes, &speech), &speech);
    }
    let sound = pcm16(&speech);
    for size in [right, Size::Is(u64::MAX), Size::Is(4), Size::Is(0), Size::Is(u32::MAX.into())] {
        holds(&format!("CAF {size:?}"), &caf(b"lpcm", 2, 2, 16, size, &sound), &speech);
    }
    let sound = Store::Big.integers(&speech, 16, 2);
    for size in [right, Size::Is(u32::MAX.into()), Size::Is(0)] {
        holds(&format!("AU {size:?}"), &au(3, size, &sound), &speech);
    }
}

#[test]
fn a_placeholder_in_aiff_means_the_end_of_the_file() {
    let speech = speech();
    let sound = Store::Big.integers(&speech, 16, 2);
    let sox = [Size::Is(0x7F00_0050), Size::Is(0x7F00_0008)];
    let unknown = Size::Is(u32::MAX.into());
    for sizes in [[Size::Right; 2], [Size::Is(0); 2], sox, [unknown; 2]] {
        holds(&format!("{sizes:?}"), &aiff(None, 16, sizes, &sound), &speech);
    }
}

#[test]
fn the_size_of_riff_does_not_limit_the_sound() {
    let speech = speech();
    let right = 36 + 16_000_u32;
    for size in [right - 8, right + 8, right + 1_000_000, 0, 1, 4, 36, 0x7FFF_FFFF, u32::MAX] {
        let file = patched(wave(&speech), 4, &size.to_le_bytes());
        holds(&format!("RIFF of {size} bytes"), &file, &speech);
    }
}

#[test]
fn sound_goes_on_after_an_outdated_size() {
    let speech = speech();
    for size in [0, 1, 2, 4_000, 15_998] {
        let file = patched(wave(&speech), 40, &u32::to_le_bytes(size));
        holds(&format!("data of {size} bytes"), &file, &speech);
    }
}

#[test]
fn a_size_that_is_too_large_is_wrong_if_riff_agrees_with_the_file() {
    let speech = speech();
    for size in [16_008, 16_036, 16_044, 1_000_000] {
        let file = patched(wave(&speech), 40, &u32::to_le_bytes(size));
        holds(&format!("data of {size} bytes"), &file, &speech);
    }
}

#[test]
fn chunks_and_tags_behind_the_sound_are_not_sound() {
    let speech = speech();
    let id3v1 = [b"TAG", &[b'x'; 125][..]].concat();
    let ends = |flags: u8| {
        let numbers = [2_000_u32, 2_020, 1, u32::from(flags) << 24].map(u32::to_le_bytes);
        [&b"APETAGEX"[..], &numbers.concat(), &[0; 8]].concat()
    };
    let ape = [ends(0xA0), vec![7; 1_988], ends(0x80)].concat();
    let behind = [
        ("LIST", chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0")),
        ("ID3", chunk(b"id3 ", &[9; 333])),
        ("an unknown id", chunk(b"q9_Z", &[9; 500])),
        (
            "several",
            [chunk(b"abcd", &[1; 3]), chunk(b"efgh", &[]), chunk(b"bext", &[2; 602])].concat(),
        ),
        ("a truncated LIST", sized(b"LIST", Size::Is(4_000), b"INFOICMT")),
        ("ID3v1", id3v1.clone()),
        ("APE", ape.clone()),
        ("APE and ID3v1", [ape, id3v1].concat()),
    ];
    for (name, bytes) in behind {
        let file = [wave(&speech), bytes.clone()].concat();
        holds(name, &file, &speech);
        if bytes.starts_with(b"TAG") || bytes.starts_with(b"APE") {
            let endless = patched(file, 40, &[0xFF; 4]);
            holds(&format!("{name} after a placeholder"), &endless, &speech);
        }
    }
}

#[test]
fn files_that_are_joined_are_one_recording() {
    let speech = speech();
    let list = chunk(b"LIST", b"INFOICMT\x02\0\0\0x\0");
    let listed = riff(&[format(1, 1, 16), chunk(b"data", &pcm16(&speech)), list]);
    let stereo: Vec<f32> = speech.iter().flat_map(|sample| [*sample; 2]).collect();
    let stereo = riff(&[format(1, 2, 16), chunk(b"data", &pcm16(&stereo))]);
    let whole = speech.repeat(4);
    holds("four files", &[wave(&speech), listed, stereo, wave(&speech)].concat(), &whole);
    let file = wave(&speech).repeat(3);
    let cut = decode(&file[..file.len() - 1_000]).unwrap();
    assert!(matches!(cut.broken, Some(Reason::Truncated { .. })), "{:?}", cut.broken);
    assert_eq!(cut.seconds, 23_500.0 / 16_000.0);
    let slow = patched(wave(&speech), 24, &8_000_u32.to_le_bytes());
    assert_eq!(decode(&[wave(&speech), slow].concat()).unwrap().seconds, 1.5);
    holds("damaged", &[&wave(&speech), &wave(&speech)[..20]].concat(), &speech);
}

#[test]
fn files_of_any_format_can_be_joined() {
    let speech = speech();
    let sound = Store::Big.integers(&speech, 16, 2);
    let right = [Size::Right; 2];
    for (name, file) in [
        ("RIFX", super::files::rifx(&speech)),
        ("RF64", rf64(b"RF64", right, &speech)),
        ("Wave64", wave64(right, &speech)),
        ("AIFF", aiff(None, 16, right, &sound)),
        ("AIFF-C", aiff(Some(b"NONE"), 16, right, &sound)),
        ("CAF", caf(b"lpcm", 0, 2, 16, Size::Right, &sound)),
        ("AU", au(3, Size::Right, &sound)),
    ] {
        holds(name, &file.repeat(3), &speech.repeat(3));
        let cut = decode(&file.repeat(2)[..2 * file.len() - 1_000]).unwrap();
        assert!(matches!(cut.broken, Some(Reason::Truncated { .. })), "{name}: {:?}", cut.broken);
        assert_eq!(cut.seconds, 15_500.0 / 16_000.0, "{name}");
    }
    let mono = caf(b"lpcm", 0, 2, 16, Size::Right, &sound);
    let huge = caf(b"lpcm", 0, 2, 16, Size::Is(1 << 61), &sound);
    assert_eq!(decode(&[mono, huge].concat()).unwrap().seconds, 1.0);
    holds("an empty one", &[wave(&speech), wave(&[]), wave(&speech)].concat(), &speech.repeat(2));
}

#[test]
fn a_joined_file_that_is_not_read_is_told() {
    let speech = speech();
    let gsm = riff(&[format(0x31, 1, 0), chunk(b"data", &[1; 65])]);
    let decoded = decode(&[wave(&speech), gsm].concat()).unwrap();
    assert_eq!(decoded.seconds, 0.5);
    let Some(Reason::Damaged { source, .. }) = decoded.broken else { panic!("{decoded:?}") };
    assert!(source.to_string().ends_with("another file follows, which is not read"), "{source}");
}

#[test]
fn empty_files_without_end_are_given_up() {
    let empty = decode(&wave(&[]).repeat(20_000)).unwrap();
    assert!(matches!(empty.broken, Some(Reason::Damaged { .. })), "{:?}", empty.broken);
    // Its sound would begin with itself.
    let itself = patched(au(3, Size::Is(0), &[]), 4, &[0; 4]);
    assert!(decode(&itself).unwrap().seconds < 0.1);
}

#[test]
fn a_missing_pad_byte_does_not_matter() {
    let speech = &speech()[..7_999];
    let data = sized(b"data", Size::Right, &super::files::pcm8(speech));
    let unpadded = data[..data.len() - 1].to_vec();
    let eight = |data| riff(&[format(1, 1, 8), data, chunk(b"LIST", b"INFO")]);
    for (name, data) in [("padded", data), ("not padded", unpadded)] {
        super::holds_nearly(name, &eight(data), speech, 0.005);
    }
}

#[test]
fn an_empty_recording_with_chunks_behind_it_is_empty() {
    let file =
        riff(&[format(1, 1, 16), chunk(b"data", &[]), chunk(b"LIST", b"INFOICMT\x02\0\0\0x\0")]);
    holds("empty", &file, &[]);
    holds("without anything", &wave(&[]), &[]);
}

#[test]
fn a_size_that_is_not_a_multiple_of_a_frame_is_rounded_down() {
    let speech = speech();
    let stereo: Vec<f32> = speech.iter().flat_map(|sample| [*sample; 2]).collect();
    let file = riff(&[format(1, 2, 16), chunk(b"data", &pcm16(&stereo[..15_999]))]);
    holds("a sample of one channel", &file, &speech[..7_999]);
    let odd = [pcm16(&speech), vec![1]].concat();
    holds("a byte", &riff(&[format(1, 1, 16), chunk(b"data", &odd)]), &speech);
}

#[test]
fn a_file_that_is_cut_is_truncated() {
    let speech = speech();
    let sound = Store::Big.integers(&speech, 16, 2);
    let right = [Size::Right; 2];
    let files = [
        ("RIFF", wave(&speech)),
        ("RIFX", super::files::rifx(&speech)),
        ("RF64", rf64(b"RF64", right, &speech)),
        ("Wave64", wave64(right, &speech)),
        ("AIFF", aiff(None, 16, right, &sound)),
        ("AIFF-C", aiff(Some(b"NONE"), 16, right, &sound)),
        ("CAF", caf(b"lpcm", 0, 2, 16, Size::Right, &sound)),
        ("AU", au(3, Size::Right, &sound)),
    ];
    for (name, file) in files {
        for (cut, left) in [(1, 7_999), (2, 7_999), (1_000, 7_500), (16_000, 0)] {
            is_truncated(name, &file[..file.len() - cut], left, 8_000);
        }
    }
}

#[test]
fn a_length_that_looks_the_same_is_not_told() {
    let text = |cut: usize| {
        let file = wave(&speech());
        decode(&file[..file.len() - cut]).unwrap().broken.unwrap().to_string()
    };
    assert_eq!(text(1), "it is truncated: only 0.500 s can be decoded");
    assert_eq!(text(200), "it is truncated: only 0.494 s of 0.500 s can be decoded");
}

#[test]
fn the_size_of_the_data_counts_even_if_that_of_riff_is_a_placeholder() {
    let speech = speech();
    let file = patched(wave(&speech), 4, &[0xFF; 4]);
    is_truncated("RIFF of 0xFFFFFFFF", &file[..10_044], 5_000, 8_000);
}
