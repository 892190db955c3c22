//! Tests that the sound of a FLAC file is read whatever its metadata says.

use crate::streams::{ape, breaks, decode, excerpt, id3v1, id3v2, lasts, mutate, random};

/// The length of the excerpt, and of its frames.
const WHOLE: f64 = 2.5;
const STEP: f64 = 4096.0 / 16_000.0;

fn flac() -> Vec<u8> {
    excerpt("excerpt.flac")
}

/// Where the frames begin, and the end of the file.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let number = |at: usize| bytes[at + 4];
    let first = metadata(bytes).len();
    let mut starts = Vec::new();
    for at in first..bytes.len() - 5 {
        if bytes[at..at + 2] == [0xFF, 0xF8] && usize::from(number(at)) == starts.len() {
            starts.push(at);
        }
    }
    starts.push(bytes.len());
    starts
}

/// The metadata of a file.
fn metadata(bytes: &[u8]) -> &[u8] {
    let mut at = 4;
    loop {
        let is_last = bytes[at] & 0x80 != 0;
        at += 4 + (u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) & 0xFF_FFFF) as usize;
        if is_last {
            return &bytes[..at];
        }
    }
}

fn frames() -> Vec<u8> {
    let bytes = flac();
    bytes[metadata(&bytes).len()..].to_vec()
}

/// The first block, which describes the stream.
fn stream_info() -> Vec<u8> {
    flac()[8..42].to_vec()
}

/// A file with other metadata: kinds and contents of its blocks.
fn with(blocks: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"fLaC".to_vec();
    for (n, (kind, content)) in blocks.iter().enumerate() {
        let last = if n + 1 == blocks.len() { 0x80 } else { 0 };
        bytes.push(kind | last);
        bytes.extend(&(content.len() as u32).to_be_bytes()[1..]);
        bytes.extend(*content);
    }
    [bytes, frames()].concat()
}

/// A file with another description of its stream.
fn changed(change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut info = stream_info();
    change(&mut info);
    with(&[(0, &info)])
}

/// Sets the total of samples.
fn total(samples: u64) -> Vec<u8> {
    changed(|info| {
        info[13] = info[13] & 0xF0 | (samples >> 32) as u8;
        info[14..18].copy_from_slice(&(samples as u32).to_be_bytes());
    })
}

#[test]
fn a_wrong_description_does_not_matter() {
    for samples in [0, 1, 16_000, 39_999, 40_000] {
        lasts(&format!("{samples} samples"), &total(samples), WHOLE);
    }
    for samples in [40_001, 80_000, 0xF_FFFF_FFFF] {
        breaks(&format!("{samples} samples"), &total(samples), WHOLE, "it is truncated");
    }
    lasts("block sizes of 0", &changed(|info| info[..4].fill(0)), WHOLE);
    lasts("other block sizes", &changed(|info| info[..4].copy_from_slice(&[1, 0, 2, 0])), WHOLE);
    lasts("frame sizes of 0", &changed(|info| info[4..10].fill(0)), WHOLE);
    lasts("small frame sizes", &changed(|info| info[4..10].fill(1)), WHOLE);
    lasts("large frame sizes", &changed(|info| info[4..10].fill(0xFF)), WHOLE);
    lasts("another checksum", &changed(|info| info[18..].fill(0x77)), WHOLE);
    lasts("another rate and channels", &changed(|info| info[10..13].fill(0x33)), WHOLE);
    lasts("a rate of 0", &changed(|info| info[10..13].fill(0)), WHOLE);
    lasts("none", &with(&[(1, &[0; 10])]), WHOLE);
}

#[test]
fn an_unknown_total_is_estimated() {
    let decoded = lasts("no total", &total(0), WHOLE);
    assert!((decoded.expected.unwrap() - WHOLE).abs() < 0.001, "{decoded:?}");
}

#[test]
fn metadata_is_not_read() {
    let info = stream_info();
    let large = random(1, (1 << 24) - 1);
    lasts("a large picture", &with(&[(0, &info), (6, &large), (6, &large)]), WHOLE);
    lasts(
        "odd blocks",
        &with(&[(0, &info), (4, &[0xFF; 9]), (3, &[1; 7]), (5, &[]), (99, &[2; 50])]),
        WHOLE,
    );
    lasts("two descriptions", &with(&[(0, &info), (0, &info)]), WHOLE);
    lasts("a description later", &with(&[(1, &[0; 99]), (0, &info)]), WHOLE);
    let mut bytes = with(&[(0, &info), (6, &large[..70_000])]);
    bytes[4 + 38 + 1..4 + 38 + 4].copy_from_slice(&[0, 0x10, 0]);
    lasts("a picture that is longer than it says", &bytes, WHOLE);
    bytes[4 + 38 + 1..4 + 38 + 4].fill(0xFF);
    lasts("a picture that is shorter than it says", &bytes, WHOLE);
}

#[test]
fn tags_and_padding_are_no_sound() {
    for (what, bytes) in [
        ("ID3v2 in front", [id3v2(3, 3000), flac()].concat()),
        ("ID3v1 behind", [flac(), id3v1()].concat()),
        ("both behind", [flac(), ape(2000, true), id3v1()].concat()),
        ("zeros behind", [flac(), vec![0; 50_000]].concat()),
        ("text behind", [flac(), b"\r\nmade by hand\r\n".to_vec()].concat()),
        ("zeros before the frames", [metadata(&flac()), &[0; 100], &frames()].concat()),
    ] {
        lasts(what, &bytes, WHOLE);
    }
    lasts("ID3v1 behind, no total", &[total(0), id3v1()].concat(), WHOLE);
    lasts("zeros behind, no total", &[total(0), vec![0; 5000]].concat(), WHOLE);
}

#[test]
fn joined_files_are_one_recording() {
    lasts("two", &flac().repeat(2), 2.0 * WHOLE);
    lasts("without totals", &total(0).repeat(3), 3.0 * WHOLE);
    let tagged = [id3v2(3, 90_000), flac(), id3v1()].concat();
    lasts("with tags", &tagged.repeat(3), 3.0 * WHOLE);
}

#[test]
fn headers_without_frames_are_given_up_soon() {
    // Each could be the beginning of a frame of 8 channels, 65,535 samples and 32 bits.
    let header = [0xFF, 0xF8, 0x7F - 15, 0x7E, 0, 0xFF, 0xFE];
    let checksum = header.iter().fold(0_u8, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| if sum & 0x80 == 0 { sum << 1 } else { sum << 1 ^ 7 })
    });
    let headers = [&header[..], &[checksum]].concat().repeat(300_000);
    let bytes = [metadata(&total(0)), &headers].concat();
    let begin = std::time::Instant::now();
    breaks("headers", &bytes, 0.0, "it is damaged");
    assert!(begin.elapsed().as_secs() < 60);
    let empty = metadata(&total(0)).repeat(5000);
    lasts("metadata alone", &empty, 0.0);
}

#[test]
fn a_file_cut_out_of_a_longer_one_is_read() {
    let bytes = total(0);
    let starts = starts(&bytes);
    let cut = [metadata(&bytes), &bytes[starts[3]..]].concat();
    lasts("between frames", &cut, WHOLE - 3.0 * STEP);
    let bytes = flac();
    let starts = self::starts(&bytes);
    for end in [10, 8] {
        let cut = [metadata(&bytes), &bytes[starts[3]..starts[end]]].concat();
        let seconds = (end as f64 * STEP).min(WHOLE) - 3.0 * STEP;
        let decoded = lasts("with the count of the whole", &cut, seconds);
        assert!((decoded.expected.unwrap() - seconds).abs() < 0.001, "{decoded:?}");
        lasts("joined", &[&cut[..], &bytes].concat(), seconds + WHOLE);
    }
    let cut = [metadata(&bytes), &bytes[starts[3]..starts[8] - 1]].concat();
    breaks("in a frame", &cut, 4.0 * STEP, "it is truncated");
}

#[test]
fn a_cut_is_told_with_its_second() {
    let bytes = flac();
    let starts = starts(&bytes);
    assert_eq!(starts.len(), 11);
    for cut in (starts[0]..bytes.len()).step_by(997).chain(starts[..10].to_vec()) {
        let whole = starts.iter().filter(|start| **start <= cut).count() - 1;
        breaks(&format!("{cut} bytes"), &bytes[..cut], whole as f64 * STEP, "it is truncated");
    }
    for cut in [4, 10, 30, 41] {
        let reason = decode(&bytes[..cut]).unwrap_err();
        assert_eq!(reason, "it is truncated: it ends within its header", "{cut} bytes");
    }
    let bytes = total(0);
    let starts = self::starts(&bytes);
    lasts("between frames, no total", &bytes[..starts[4]], 4.0 * STEP);
    breaks("in a frame, no total", &bytes[..starts[4] - 1], 3.0 * STEP, "it is truncated");
}

#[test]
fn damage_is_told_with_its_second() {
    let bytes = flac();
    let starts = starts(&bytes);
    for (frame, pair) in starts.windows(2).take(9).enumerate() {
        for at in [pair[0], pair[0] + 4, pair[0] + 100, pair[1] - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            breaks(&format!("byte {at}"), &damaged, frame as f64 * STEP, "it is damaged");
        }
    }
    let mut damaged = bytes.clone();
    damaged[starts[9] + 100] ^= 4;
    breaks("the last frame", &damaged, 9.0 * STEP, "it is ");
    let missing = [&bytes[..starts[4]], &bytes[starts[5]..]].concat();
    breaks("a frame less", &missing, 4.0 * STEP, "it is damaged");
}

#[test]
fn no_change_of_a_file_makes_it_longer() {
    mutate(&flac(), 150, WHOLE);
}
