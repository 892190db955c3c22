//! Matroska and WebM, written by code as the recorders of browsers do.

use std::time::{Duration, Instant};

use super::ogg::packets;
use super::{bytes, check, check_truncated, hear};

/// The size of an element whose writer did not know it.
const OPEN: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// An element with its size.
fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
    let size = (data.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, data].concat()
}

/// The header of a file with one track, until its first cluster.
fn header(codec: &str, private: &[u8], rate: f64) -> Vec<u8> {
    timed_header(codec, private, rate, &[])
}

/// The same with an element for the length.
fn timed_header(codec: &str, private: &[u8], rate: f64, length: &[u8]) -> Vec<u8> {
    let sound = [
        element(&[0xB5], &rate.to_be_bytes()), // SamplingFrequency
        element(&[0x9F], &[1]),                // Channels
    ];
    let track = [
        element(&[0xD7], &[1]),       // TrackNumber
        element(&[0x73, 0xC5], &[1]), // TrackUID
        element(&[0x83], &[2]),       // TrackType
        element(&[0x86], codec.as_bytes()),
        element(&[0x63, 0xA2], private),
        element(&[0xE1], &sound.concat()),
    ];
    let info = [
        element(&[0x2A, 0xD7, 0xB1], &1_000_000_u32.to_be_bytes()), // TimestampScale
        element(&[0x4D, 0x80], b"test"),                            // MuxingApp
        element(&[0x57, 0x41], b"test"),                            // WritingApp
        length.to_vec(),
    ];
    [
        element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], b"webm")),
        [&[0x18, 0x53, 0x80, 0x67][..], &OPEN].concat(),
        element(&[0x15, 0x49, 0xA9, 0x66], &info.concat()),
        element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track.concat())),
    ]
    .concat()
}

/// The excerpt in clusters of half a second without a size, the first of them at a time in milliseconds.
fn recording(start: u32) -> Vec<u8> {
    with_pause(start, &[], 0, 0)
}

/// The same, with a pause in milliseconds in the times before a cluster.
fn with_pause(start: u32, length: &[u8], before: u32, pause: u32) -> Vec<u8> {
    let packets = packets(&bytes("excerpt.opus"));
    let header = timed_header("A_OPUS", &packets[0], 48_000.0, length);
    clusters(header, &packets[2..], |number| start + if number < before { 0 } else { pause })
}

/// A file of half a second of packets in each cluster, and how much later their time is.
fn clusters(mut file: Vec<u8>, packets: &[Vec<u8>], later: impl Fn(u32) -> u32) -> Vec<u8> {
    for (number, packets) in (0..).zip(packets.chunks(25)) {
        file.extend([0x1F, 0x43, 0xB6, 0x75]);
        file.extend(OPEN);
        file.extend(element(&[0xE7], &(number * 500 + later(number)).to_be_bytes()));
        for (place, packet) in (0_u16..).zip(packets) {
            let time = (place * 20).to_be_bytes();
            file.extend(element(&[0xA3], &[&[0x81][..], &time, &[0x80], packet].concat()));
        }
    }
    file
}

#[test]
fn recorders_do_not_know_the_length() {
    for start in [0, 1, 3_600_000] {
        check(&hear(&recording(start)).unwrap(), 48_000);
    }
}

#[test]
fn a_recording_can_break_off_within_a_block() {
    let whole = recording(0);
    check_truncated(&whole[..whole.len() - 10], 2.5);
    check_truncated(&whole[..whole.len() / 2], 1.2);
    let known = bytes("excerpt.webm");
    check_truncated(&known[..known.len() / 2], 1.1);
}

#[test]
fn codecs_that_are_not_read_are_named() {
    for (codec, name) in [
        ("A_AC3", "AC-3"),
        ("A_DTS", "DTS"),
        ("A_QUICKTIME/QDM2", "a QuickTime codec"),
        ("A_MS/ACM", "a codec of Windows"),
    ] {
        let reason = hear(&header(codec, &[], 48_000.0)).unwrap_err().reason.to_string();
        assert_eq!(reason, format!("it is {name} in Matroska, which is not supported"));
    }
}

/// Checks that the sound, and what was heard of it, is later by a number of seconds.
#[track_caller]
fn check_later(file: &[u8], seconds: f64) {
    let (whole, later) = (hear(&recording(0)).unwrap(), hear(file).unwrap());
    assert!((later.duration - whole.duration - seconds).abs() < 0.01, "{later:?}");
    assert_eq!(later.segments.len(), whole.segments.len(), "{later:?}");
    assert!((later.segments[0].start - whole.segments[0].start - seconds).abs() < 0.1, "{later:?}");
}

#[test]
fn a_pause_in_the_times_is_silence() {
    let length = |seconds: f64| element(&[0x44, 0x89], &(seconds * 1000.0).to_be_bytes());
    check_later(&with_pause(0, &[], 1, 2000), 2.0);
    check_later(&with_pause(7_200_000, &[], 1, 61_050), 61.05);
    check_later(&with_pause(0, &length(4.5), 1, 2000), 2.0);
    // The track begins late.
    check_later(&with_pause(0, &length(4.5), 0, 2000), 2.0);
    // Times that cannot be.
    check_later(&with_pause(0, &length(4.5), 1, 10_000), 0.0);
    check_later(&with_pause(0, &[], 1, 4_000_000), 0.0);
}

#[test]
fn joined_files_are_read_one_after_another() {
    let files = [recording(0), bytes("excerpt.webm"), recording(5000), bytes("excerpt.webm")];
    let heard = hear(&files.concat()).unwrap();
    assert!((heard.duration - 10.0).abs() < 0.1, "{heard:?}");
    assert_eq!(heard.segments.len(), 4, "{heard:?}");
    let twice = hear(&bytes("excerpt.webm").repeat(2)).unwrap();
    assert!((twice.duration - 5.0).abs() < 0.001, "{twice:?}");
}

#[test]
fn zeros_behind_a_file_are_not_a_part_of_it() {
    let file = [bytes("excerpt.webm"), vec![0; 100_000]].concat();
    check(&hear(&file).unwrap(), 48_000);
}

#[test]
fn tiny_elements_take_little_time() {
    let sound = recording(0);
    let cluster = sound.windows(4).position(|id| id == [0x1F, 0x43, 0xB6, 0x75]).unwrap();
    let empty = [0xEC, 0x80].repeat(2_000_000);
    let file = [&sound[..cluster], &empty, &sound[cluster..]].concat();
    let begin = Instant::now();
    check(&hear(&file).unwrap(), 48_000);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn version_0_of_opus_does_not_tell_the_order_of_bytes() {
    let mut packets = packets(&bytes("excerpt.opus"));
    packets[0][8] = 0;
    let header = header("A_OPUS", &packets[0], 48_000.0);
    let heard = hear(&clusters(header, &packets[2..], |_| 0)).unwrap();
    assert_eq!(heard, hear(&recording(0)).unwrap());
}
