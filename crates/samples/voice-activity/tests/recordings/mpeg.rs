//! Tests that the sound of an MP3 or AAC file is read whatever its headers say and its tags are.

use crate::streams::{ape, breaks, decode, excerpt, id3v1, id3v2, lasts, lyrics, mutate, random};

/// The number of bytes in a frame of the excerpt, of which the first has no sound.
const FRAME: usize = 192;

/// The length of a frame in seconds.
const STEP: f64 = 576.0 / 24_000.0;

/// The number of frames with sound.
const FRAMES: usize = 107;

/// The length of all frames in seconds: the encoder adds some samples.
const WHOLE: f64 = FRAMES as f64 * STEP;

/// The length without the samples that the encoder added at the beginning.
const BEGUN: f64 = WHOLE - 1105.0 / 24_000.0;

/// The length without any added samples.
const TRIMMED: f64 = 2.5;

/// Where the excerpt has the number of frames and of bytes, and the table for seeking.
const COUNT: usize = 29;
const SIZE: usize = 33;
const TABLE: usize = 37;

fn mp3() -> Vec<u8> {
    excerpt("excerpt.mp3")
}

/// Some frames of the excerpt, counted without the one that has no sound.
fn frames(range: std::ops::Range<usize>) -> Vec<u8> {
    mp3()[(range.start + 1) * FRAME..(range.end + 1) * FRAME].to_vec()
}

fn all() -> Vec<u8> {
    frames(0..FRAMES)
}

/// The excerpt with another number at a place of its header.
fn with(place: usize, number: u32) -> Vec<u8> {
    let mut bytes = mp3();
    bytes[place..place + 4].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Silent frames with a header: no bit is allocated.
fn silent(header: u32, length: usize, count: usize) -> Vec<u8> {
    let mut frame = vec![0; length];
    frame[..4].copy_from_slice(&header.to_be_bytes());
    frame.repeat(count)
}

#[test]
fn a_wrong_count_does_not_matter() {
    for count in [0, 1, 40, 106] {
        lasts(&format!("{count} frames"), &with(COUNT, count), BEGUN);
    }
    for count in [108, 4000, u32::MAX] {
        lasts(&format!("{count} frames"), &with(COUNT, count), BEGUN);
    }
    for size in [0, 1, 1000, 20_000, 21_000, u32::MAX] {
        lasts(&format!("{size} bytes"), &with(SIZE, size), TRIMMED);
    }
    lasts("a wrong table", &with(TABLE, 0xFFFF_FFFF), TRIMMED);
    lasts("no header frame", &all(), WHOLE);
    let vbri = |count: u32| {
        let mut header = frames(0..1);
        header[4..].fill(0);
        let fields = [0x0001_0000, 0, 0, count];
        header[36..40].copy_from_slice(b"VBRI");
        header[40..56].copy_from_slice(&fields.map(u32::to_be_bytes).concat());
        [header, all()].concat()
    };
    for count in [0, 10, 107, 5000] {
        lasts("VBRI", &vbri(count), WHOLE);
    }
}

#[test]
fn an_estimate_does_not_follow_a_wrong_count() {
    for bytes in [mp3(), with(COUNT, 40), with(COUNT, u32::MAX), all(), mp3().repeat(3)] {
        let decoded = decode(&bytes).unwrap();
        let ratio = decoded.expected.unwrap() / decoded.seconds;
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
    }
}

#[test]
fn tags_are_no_sound() {
    let behind = [lyrics(), ape(500, true), id3v1()].concat();
    for (what, bytes) in [
        ("ID3v2 in front", [id3v2(3, 5000), mp3()].concat()),
        ("several in front", [id3v2(2, 100), id3v2(4, 70_000), ape(90, true), mp3()].concat()),
        ("ID3v1 behind", [mp3(), id3v1()].concat()),
        ("APE behind", [mp3(), ape(9000, false)].concat()),
        ("ID3v2 behind", [mp3(), id3v2(4, 3000)].concat()),
        ("all behind", [mp3(), behind.clone()].concat()),
        ("all around", [id3v2(3, 2_000_000), mp3(), behind].concat()),
    ] {
        lasts(what, &bytes, TRIMMED);
    }
    let mut tag = id3v2(3, 5000);
    for length in [[0, 0, 0, 9], [0, 9, 0, 0], [0x7F; 4], [0xFF; 4]] {
        tag[6..10].copy_from_slice(&length);
        lasts("a tag of a wrong length", &[tag.clone(), mp3()].concat(), TRIMMED);
    }
}

#[test]
fn junk_is_no_sound() {
    let (junk, zeros) = (random(1, 5001), vec![0; 100_000]);
    for (what, bytes) in [
        ("zeros in front", [zeros.clone(), mp3()].concat()),
        ("junk in front", [junk.clone(), mp3()].concat()),
        ("zeros behind a tag", [id3v2(3, 100), zeros.clone(), mp3()].concat()),
        ("zeros behind", [mp3(), zeros.clone()].concat()),
        ("junk behind", [mp3(), junk.clone()].concat()),
    ] {
        lasts(what, &bytes, TRIMMED);
    }
    let between = |inserted: &[u8]| [&frames(0..50), inserted, &frames(50..FRAMES)].concat();
    for inserted in [&zeros[..], &zeros[..100], &id3v2(4, 800), &id3v1()] {
        lasts(&format!("{} bytes between", inserted.len()), &between(inserted), WHOLE);
    }
    // The frame before other bytes may be cut off by them: it does not count.
    for inserted in [&junk[..], &junk[..100], &junk[..1000]] {
        let what = format!("{} bytes between", inserted.len());
        lasts(&what, &between(inserted), WHOLE - STEP);
        lasts(&what, &[&mp3()[..FRAME], &between(inserted)].concat(), TRIMMED - STEP);
    }
}

#[test]
fn joined_files_are_one_recording() {
    let tagged = [id3v2(3, 777), mp3(), id3v1()].concat();
    lasts("with all tags", &tagged.repeat(3), 3.0 * TRIMMED);
    lasts("with header frames", &mp3().repeat(3), 3.0 * TRIMMED);
    lasts("with zeros between", &[mp3(), vec![0; 999], mp3()].concat(), 2.0 * TRIMMED);
    lasts("with nothing between", &all().repeat(3), 3.0 * WHOLE);
    // The first one is cut within a frame, of which nothing is left.
    lasts("cut", &[&all()[..50 * FRAME - 99], &mp3()].concat(), 49.0 * STEP + TRIMMED);
    // Their headers are those of the file that they were split off.
    lasts("split", &[&mp3()[..51 * FRAME], &mp3()].concat(), BEGUN - 57.0 * STEP + TRIMMED);
}

#[test]
fn sample_rate_channels_and_layer_may_change() {
    let rest = [
        ("44.1 kHz, mono", silent(0xFFFB_50C4, 208, 40), 40.0 * 1152.0 / 44_100.0),
        ("24 kHz, mono", silent(0xFFF3_84C4, 192, 40), 40.0 * STEP),
        ("8 kHz", silent(0xFFE3_48C4, 288, 40), 40.0 * 576.0 / 8000.0),
        ("layer 2", silent(0xFFFD_4404, 192, 40), 40.0 * 1152.0 / 48_000.0),
        ("layer 1", silent(0xFFFF_5404, 160, 40), 40.0 * 384.0 / 48_000.0),
    ];
    for (what, frames, seconds) in &rest {
        lasts(what, frames, *seconds);
        lasts(what, &[mp3(), frames.clone(), mp3()].concat(), 2.0 * TRIMMED + seconds);
    }
    let all: Vec<u8> = rest.iter().flat_map(|(_, frames, _)| frames.clone()).collect();
    lasts("all", &all, rest.iter().map(|(_, _, seconds)| seconds).sum());
}

#[test]
fn a_cut_is_truncation_if_the_header_says_so() {
    let [whole, cut] = [50, 49].map(|frames| f64::from(frames) * STEP);
    lasts("between frames, without a count", &all()[..50 * FRAME], whole);
    breaks("in a frame, without a count", &all()[..50 * FRAME - 1], cut, "it is truncated");
    let begun = whole - 1105.0 / 24_000.0;
    breaks("between frames", &mp3()[..51 * FRAME], begun, "it is truncated");
    breaks("in a frame", &mp3()[..52 * FRAME - 100], begun, "it is truncated");
    breaks("before the last frame", &mp3()[..107 * FRAME], BEGUN - STEP, "it is truncated");
    let mut unknown = with(COUNT, 0);
    unknown.truncate(51 * FRAME);
    lasts("between frames, with a count of 0", &unknown, begun);
    let missing = [frames(0..49), vec![0; 2_000_000]].concat();
    breaks("a download that did not end", &missing, cut, "it is damaged");
}

#[test]
fn a_file_cut_out_of_a_longer_one_begins_in_silence() {
    for first in (1..60).step_by(3) {
        let frames = frames(first..FRAMES);
        let expected = WHOLE - first as f64 * STEP;
        let decoded = lasts("between frames", &frames, expected);
        assert!(decoded.levels[5..].iter().any(|level| *level > 0.01), "{first} frames less");
        lasts("in a frame", &frames[20..], expected - STEP);
    }
}

#[test]
fn what_is_overwritten_or_taken_out_is_damage() {
    let at = |frame: usize| frame * FRAME;
    let mut bytes = all();
    bytes[at(60)..at(61) + 4].fill(0x5A);
    breaks("a frame and a header", &bytes, 60.0 * STEP, "it is damaged after 1.440 s");
    let mut bytes = all();
    bytes[at(60) + 3 - 3] ^= 1;
    breaks("one bit of a header", &bytes, 60.0 * STEP, "it is damaged after 1.440 s");
    // Where the header knows the size, other bytes than whole frames are damage, too.
    let mut bytes = mp3();
    bytes[at(61)..at(61) + 500].copy_from_slice(&random(5, 500));
    breaks("500 bytes", &bytes, 60.0 * STEP - 1105.0 / 24_000.0, "it is damaged after 1.394 s");
    let taken = [frames(0..50), frames(51..FRAMES)].concat();
    lasts("a frame less", &taken, WHOLE - STEP);
    let cut = [&frames(0..50)[..50 * FRAME - 92], &frames(50..FRAMES)].concat();
    lasts("a part of a frame", &cut, WHOLE - STEP);
}

#[test]
fn adts_streams_are_read_to_their_end() {
    const STEP: f64 = 1024.0 / 16_000.0;
    let aac = excerpt("excerpt.aac");
    let whole = 41.0 * STEP;
    let length = |at: usize| {
        usize::from(aac[at + 3] & 3) << 11
            | usize::from(aac[at + 4]) << 3
            | usize::from(aac[at + 5] >> 5)
    };
    let mut starts = vec![0];
    while *starts.last().unwrap() < aac.len() {
        starts.push(starts.last().unwrap() + length(*starts.last().unwrap()));
    }
    let (before, after) = aac.split_at(starts[20]);
    let decoded = lasts("as it is", &aac, whole);
    assert!((decoded.expected.unwrap() / whole - 1.0).abs() < 0.1, "{decoded:?}");
    lasts("tags", &[id3v2(4, 300), aac.clone(), id3v1()].concat(), whole);
    lasts("joined", &[aac.clone(), id3v2(4, 63), aac.clone(), aac.clone()].concat(), 3.0 * whole);
    lasts("junk in front", &[&random(2, 999), &aac[..]].concat(), whole);
    lasts("zeros between", &[before, &[0; 999], after].concat(), whole);
    lasts("junk between", &[before, &random(2, 999), after].concat(), whole - STEP);
    lasts("cut between frames", before, 20.0 * STEP);
    lasts("joined after a cut", &[&before[..before.len() - 9], &aac].concat(), whole + 19.0 * STEP);
    breaks("cut", &aac[..starts[20] - 1], 19.0 * STEP, "it is truncated");
    let mut damaged = aac.clone();
    damaged[starts[20]] ^= 8;
    breaks("a damaged header", &damaged, 20.0 * STEP, "it is damaged after 1.280 s");
    let with_checksums = |frame: &[u8]| {
        let length = frame.len() + 2;
        let mut head = frame[..7].to_vec();
        head[1] &= !1;
        head[3] = head[3] & !3 | (length >> 11) as u8;
        head[4] = (length >> 3) as u8;
        head[5] = head[5] & 0x1F | (length << 5) as u8;
        [&head, &[0x12, 0x34][..], &frame[7..]].concat()
    };
    let frames = starts.windows(2).map(|pair| &aac[pair[0]..pair[1]]);
    let checked: Vec<u8> = frames.clone().flat_map(with_checksums).collect();
    lasts("checksums", &checked, whole);
    lasts("several kinds", &[&checked[..], &aac, &mpeg2(&aac, &starts)].concat(), 3.0 * whole);
}

/// The same frames with the version of MPEG-2.
fn mpeg2(aac: &[u8], starts: &[usize]) -> Vec<u8> {
    let mut bytes = aac.to_vec();
    starts[..starts.len() - 1].iter().for_each(|start| bytes[start + 1] |= 8);
    bytes
}

#[test]
fn other_streams_of_aac_are_named() {
    let loas = [&[0x56, 0xE0, 100][..], &random(7, 100)].concat().repeat(9);
    assert_eq!(decode(&loas).unwrap_err(), "it is AAC in LOAS, which is not supported");
    let adif = [b"ADIF", &random(7, 3000)[..]].concat();
    assert_eq!(decode(&adif).unwrap_err(), "it is AAC in ADIF, which is not supported");
    let several: Vec<u8> = [0xFF, 0xF1, 0x60, 0x40, 0x02, 0x1F, 0xFD].repeat(2);
    let several = [&several[..7], &[0; 9], &several[7..], &[0; 9]].concat().repeat(4);
    let reason = "it is AAC with several blocks in an ADTS frame, which is not supported";
    assert_eq!(decode(&several).unwrap_err(), reason);
}

#[test]
fn files_that_look_like_frames_are_refused() {
    let text: Vec<u8> = format!("\u{FEFF}{}", "Text".repeat(3000))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let headers = [0xFF, 0xFB, 0x90, 0x00].repeat(500_000);
    let inside = [random(8, 40_000), mp3()].concat();
    assert_eq!(decode(&text).unwrap_err(), "it is text, which is not supported");
    for bytes in [headers, inside, id3v2(3, 1000), mp3()[..100].to_vec()] {
        let reason = decode(&bytes).unwrap_err();
        assert_eq!(reason, "it is not audio, or in a format that is not known");
    }
}

#[test]
fn no_change_of_a_file_makes_it_longer() {
    mutate(&[mp3()[..5 * FRAME].to_vec(), mp3()[..40 * FRAME].to_vec()].concat(), 50, 1.5);
    mutate(&excerpt("excerpt.aac")[..4000], 100, 2.0);
}
