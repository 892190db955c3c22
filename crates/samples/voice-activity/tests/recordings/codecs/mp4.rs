//! MP4: whole files, and what is left of them.

use super::{bytes, check, check_truncated, hear};
use crate::support::causes;

/// The configuration of AAC of low complexity at 16 kHz, with one channel.
const LC: [u8; 5] = [0x14, 0x08, 0x56, 0xE5, 0x00];

/// The position of a box in a file.
fn find(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|bytes| bytes == kind).unwrap() - 4
}

/// The size of the box at a position.
fn size(file: &[u8], at: usize) -> usize {
    u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize
}

#[test]
fn fragments_are_read() {
    let heard = hear(&bytes("excerpt-fragments.mp4")).unwrap();
    // The padding at the end is not told.
    assert!((heard.duration - 2.53).abs() < 0.04, "{heard:?}");
    assert_eq!((heard.sample_rate, heard.segments.len()), (16_000, 1), "{heard:?}");
}

#[test]
fn the_index_can_be_behind_the_sound() {
    let file = bytes("excerpt.m4a");
    let (moov, mdat) = (find(&file, b"moov"), find(&file, b"mdat"));
    let index = &file[moov..moov + size(&file, moov)];
    let mut index = index.to_vec();
    // The only chunk moves to the front by the size of the index.
    let offset = find(&index, b"stco") + 16;
    let chunk = size(&index, offset) - index.len();
    index[offset..offset + 4].copy_from_slice(&(chunk as u32).to_be_bytes());
    let sound = &file[mdat..mdat + size(&file, mdat)];
    let between = &file[moov + index.len()..mdat];
    let moved = [&file[..moov], between, sound, &index].concat();
    check(&hear(&moved).unwrap(), 16_000);
}

#[test]
fn sizes_can_be_open_or_long() {
    let mut file = bytes("excerpt.m4a");
    let mdat = find(&file, b"mdat");
    file.truncate(mdat + size(&file, mdat));
    file[mdat..mdat + 4].fill(0);
    check(&hear(&file).unwrap(), 16_000);
}

#[test]
fn a_file_without_an_index_is_unfinished() {
    let file = bytes("excerpt.m4a");
    let (moov, mdat) = (find(&file, b"moov"), find(&file, b"mdat"));
    for cut in [[&file[..moov], &file[mdat..]].concat(), file[..moov].to_vec()] {
        let expected = "it is an MP4 file without an index (moov): its recording was not finished";
        assert_eq!(hear(&cut).unwrap_err().reason.to_string(), expected);
    }
}

#[test]
fn a_file_can_be_cut_off_in_its_sound() {
    let file = bytes("excerpt.m4a");
    let mdat = find(&file, b"mdat");
    let half = mdat + size(&file, mdat) / 2;
    let at = match hear(&file[..half]).unwrap_err().reason.breaks_at() {
        Some(at) => at,
        None => panic!("it is not told where"),
    };
    check_truncated(&file[..half], at);
    assert!((0.5..2.0).contains(&at), "at {at} s");
}

#[test]
fn a_codec_that_is_not_read_is_named() {
    let mut file = bytes("excerpt.m4a");
    let mp4a = find(&file, b"mp4a") + 4;
    file[mp4a..mp4a + 4].copy_from_slice(b"samr");
    let reason = hear(&file).unwrap_err().reason.to_string();
    assert_eq!(reason, "it is AMR in MP4, which is not supported");
    let handler = find(&file, b"soun") + 4;
    file[handler..handler + 4].copy_from_slice(b"vide");
    assert_eq!(hear(&file).unwrap_err().reason.to_string(), "it has no audio, only video");
}

#[test]
fn the_core_of_he_aac_is_read() {
    // The same as the core of 32 kHz.
    const HE: [u8; 5] = [0x2C, 0x0A, 0x88, 0x00, 0x00];
    let mut file = bytes("excerpt.m4a");
    let config = file.windows(5).position(|bytes| bytes == LC).unwrap();
    file[config..config + 5].copy_from_slice(&HE);
    check(&hear(&file).unwrap(), 16_000);
}

#[test]
fn positions_can_be_impossible() {
    let refused = |file: &[u8]| {
        let error = hear(file).unwrap_err();
        assert!(causes(&error).contains("invalid position of samples"), "{error:?}");
    };
    let mut negative = bytes("excerpt-fragments.mp4");
    let run = find(&negative, b"trun");
    negative[run + 16..run + 20].copy_from_slice(&i32::MIN.to_be_bytes());
    refused(&negative);

    let mut based = bytes("excerpt-fragments.mp4");
    let header = find(&based, b"tfhd");
    // The position of the samples instead of the two defaults that follow.
    based[header + 11] |= 1;
    based[header + 16..header + 24].fill(0xF0);
    refused(&based);

    let mut wide = bytes("excerpt.m4a");
    let table = find(&wide, b"stco");
    wide[table + 4..table + 8].copy_from_slice(b"co64");
    wide[table + 16..table + 20].fill(0xF0);
    // The table takes four bytes of the box behind it.
    let size = size(&wide, table) as u32 + 4;
    wide[table..table + 4].copy_from_slice(&size.to_be_bytes());
    refused(&wide);
}

#[test]
fn too_many_channels_are_named() {
    let mut file = bytes("excerpt.m4a");
    let config = file.windows(5).position(|bytes| bytes == LC).unwrap();
    file[config + 1] = 0x30;
    let reason = hear(&file).unwrap_err().reason.to_string();
    assert_eq!(reason, "it is AAC with 6 channels, which is not supported");
}

#[test]
fn the_decoder_knows_a_rate_that_the_header_has_no_place_for() {
    let mut file = bytes("excerpt.m4a");
    let entry = find(&file, b"mp4a");
    assert_eq!(file[entry + 32..entry + 36], 16_000_u32.rotate_left(16).to_be_bytes());
    file[entry + 32..entry + 36].fill(0);
    check(&hear(&file).unwrap(), 16_000);
}

#[test]
fn a_file_can_be_cut_off_in_its_index() {
    let file = bytes("excerpt.m4a");
    let moov = find(&file, b"moov");
    let message = hear(&file[..moov + size(&file, moov) / 2]).unwrap_err().reason.to_string();
    assert!(!message.contains("isomp4"), "{message}");
}

/// Inserts bytes into boxes within one another.
fn insert(file: &mut Vec<u8>, path: &[&[u8; 4]], place: usize, new: &[u8]) {
    for kind in path {
        let at = find(file, kind);
        let size = (size(file, at) + new.len()) as u32;
        file[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    file.splice(place..place, new.iter().copied());
    let chunks = find(file, b"stco") + 16;
    let chunk = size(file, chunks);
    if chunk >= place {
        let chunk = (chunk + new.len()) as u32;
        file[chunks..chunks + 4].copy_from_slice(&chunk.to_be_bytes());
    }
}

#[test]
fn a_track_can_begin_late() {
    let mut file = bytes("excerpt.m4a");
    let movie = find(&file, b"mvhd");
    let timescale = size(&file, movie + 20) as u32;
    let length = size(&file, movie + 24) as u32 + timescale * 2;
    file[movie + 24..movie + 28].copy_from_slice(&length.to_be_bytes());
    let list = find(&file, b"elst");
    assert_eq!(size(&file, list + 12), 1);
    let edit: Vec<u8> = file[list + 16..list + 28].to_vec();
    let empty = [&(timescale * 2).to_be_bytes()[..], &[0xFF; 4], &edit[8..]].concat();
    // The old list stays as something else.
    file[list + 4..list + 8].copy_from_slice(b"free");
    let list = [&[0, 0, 0, 40], b"elst", &[0; 4][..], &[0, 0, 0, 2], &empty, &edit].concat();
    let place = find(&file, b"free");
    let place = place + size(&file, place);
    insert(&mut file, &[b"moov", b"trak", b"edts"], place, &list);
    let whole = hear(&bytes("excerpt.m4a")).unwrap();
    let late = hear(&file).unwrap();
    assert!((late.duration - whole.duration - 2.0).abs() < 0.001, "{late:?}");
    assert!((late.segments[0].start - whole.segments[0].start - 2.0).abs() < 0.05, "{late:?}");
}

#[test]
fn alac_in_quicktime_is_read() {
    let mut file = bytes("excerpt-alac.m4a");
    let entry = find(&file, b"alac");
    let cookie = entry + 36;
    assert_eq!(file[cookie + 4..cookie + 8], *b"alac");
    // Version 1 has four more fields, and the configuration is inside of a box.
    let wave = (size(&file, cookie) + 8) as u32;
    let wave = [&[0; 16][..], &wave.to_be_bytes(), b"wave"].concat();
    file[entry + 17] = 1;
    let path = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"alac"];
    insert(&mut file, &path, cookie, &wave);
    check(&hear(&file).unwrap(), 8_000);
}

#[test]
fn pcm_with_many_channels_in_quicktime_is_named() {
    let mut file = bytes("excerpt-alac.m4a");
    let entry = find(&file, b"alac");
    file[entry + 4..entry + 8].copy_from_slice(b"sowt");
    file[entry + 24..entry + 26].copy_from_slice(&[0, 6]);
    let reason = hear(&file).unwrap_err().reason.to_string();
    assert_eq!(reason, "it is PCM with 6 channels in QuickTime, which is not supported");
}
