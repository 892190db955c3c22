//! Chunks around the sound, and headers that are a little off.

use super::files::{Size, Store, aiff, chunk, extension, fields, format, pcm16, riff, sized, wave};
use super::{holds, speech};

#[test]
fn chunks_before_the_sound_are_skipped() {
    let speech = speech();
    let data = || chunk(b"data", &pcm16(&speech));
    let odd = |body: &[u8]| {
        let padded = chunk(b"LIST", body);
        padded[..padded.len() - 1].to_vec()
    };
    let cases = [
        ("a LIST of odd size", chunk(b"LIST", b"INFOIART\x01\0\0\0x")),
        ("no pad byte", odd(b"INFOIART\x01\0\0\0x")),
        ("a LIST that is too short", chunk(b"LIST", b"IN")),
        ("entries beyond the LIST", chunk(b"LIST", b"INFOIART\xFF\xFF\xFF\x7Fx\0\0\0")),
        ("a LIST beyond the file", sized(b"LIST", Size::Is(0x7000_0000), b"INFOIART\x02\0\0\0x\0")),
        ("a LIST into the sound", sized(b"LIST", Size::Is(900), b"INFOIART\x02\0\0\0x\0")),
        ("a LIST that ends too late", sized(b"LIST", Size::Is(18), b"INFOIART\x02\0\0\0x\0")),
        ("a LIST that ends too early", sized(b"LIST", Size::Is(6), b"INFOIART\x02\0\0\0x\0")),
        ("text with the id of the sound", chunk(b"LIST", b"INFOICMT\x10\0\0\0some data, or more")),
        ("an id that is not ASCII", chunk(&[0xFF, 0x00, 0x80, 0x0A], &[1; 20])),
        ("an empty chunk", chunk(b"JUNK", &[])),
        ("2 MB of junk", chunk(b"JUNK", &vec![0x55; 2_000_000])),
        ("a fact that is too short", chunk(b"fact", &[1, 2])),
        ("a fact that is wrong", chunk(b"fact", &[1, 0, 0, 0])),
        ("a long fact", chunk(b"fact", &[0xFF; 40])),
        ("a second format", format(0x31, 1, 0)),
        (
            "all sorts",
            [b"bext", b"iXML", b"id3 ", b"cue ", b"smpl", b"PAD "]
                .map(|id| chunk(id, &[3; 77]))
                .concat(),
        ),
    ];
    for (name, bytes) in cases {
        holds(name, &riff(&[format(1, 1, 16), bytes.clone(), data()]), &speech);
        if !name.contains("format") {
            holds(&format!("{name}, first"), &riff(&[bytes, format(1, 1, 16), data()]), &speech);
        }
    }
}

#[test]
fn the_format_can_follow_the_sound() {
    let speech = speech();
    let file = riff(&[chunk(b"data", &pcm16(&speech)), format(1, 1, 16)]);
    holds("WAVE", &file, &speech);
}

#[test]
fn a_tag_in_front_is_skipped() {
    let speech = speech();
    let tag = [b"ID3\x04\0\0\0\0\x01\x48", &[0; 200][..]].concat();
    holds("WAVE", &[&tag[..], &wave(&speech)].concat(), &speech);
    let sound = Store::Big.integers(&speech, 16, 2);
    holds("AIFF", &[tag, aiff(None, 16, [Size::Right; 2], &sound)].concat(), &speech);
}

#[test]
fn a_format_with_odd_fields_is_read() {
    let speech = speech();
    let data = || chunk(b"data", &pcm16(&speech));
    let plain = fields(1, 1, 16, 2);
    let extensible = fields(0xFFFE, 1, 16, 2);
    let with = |extension: Vec<u8>| chunk(b"fmt ", &[extensible.clone(), extension].concat());
    let cases = [
        ("an empty extension", chunk(b"fmt ", &[&plain[..], &[0, 0]].concat())),
        ("an extension of nothing", chunk(b"fmt ", &[&plain[..], &[22, 0]].concat())),
        ("many more bytes", chunk(b"fmt ", &[&plain[..], &[0x77; 200]].concat())),
        ("a size of 18 for 16 bytes", sized(b"fmt ", Size::Is(18), &plain)),
        ("a size of 40 for 16 bytes", sized(b"fmt ", Size::Is(40), &plain)),
        (
            "a size of 16 for 18 bytes",
            sized(b"fmt ", Size::Is(16), &[&plain[..], &[0, 0]].concat()),
        ),
        ("a size of 0", sized(b"fmt ", Size::Is(0), &plain)),
        ("a byte rate of 0", chunk(b"fmt ", &[&plain[..8], &[0; 4], &plain[12..]].concat())),
        ("a block of 0 bytes", chunk(b"fmt ", &fields(1, 1, 16, 0))),
        ("a block of 4 bytes", chunk(b"fmt ", &fields(1, 1, 16, 4))),
        ("a block of 1 byte", chunk(b"fmt ", &fields(1, 1, 16, 1))),
        ("no bits", chunk(b"fmt ", &fields(1, 1, 0, 2))),
        ("extensible", with(extension(22, 16, 4, 1))),
        ("extensible without a length", with(extension(0, 16, 4, 1))),
        ("extensible with a wrong length", with(extension(999, 16, 4, 1))),
        ("extensible without speakers", with(extension(22, 16, 0, 1))),
        ("extensible with too many speakers", with(extension(22, 16, 0x3F, 1))),
        ("extensible with all speakers", with(extension(22, 16, u32::MAX, 1))),
        ("extensible with more valid bits than bits", with(extension(22, 24, 4, 1))),
        ("extensible without valid bits", with(extension(22, 0, 4, 1))),
        ("extensible without a tag", with(extension(22, 16, 4, 0))),
        ("extensible without an extension", with(Vec::new())),
        ("extensible with half an extension", with(vec![6, 0, 16, 0, 4, 0, 0, 0])),
    ];
    for (name, format) in cases {
        holds(name, &riff(&[format, data()]), &speech);
    }
}
