//! Tests that a file which is not read is named by what it is.

use std::fs;

use voice_activity::config::Config;

use crate::support::{audio, listen};

/// The reason why a file with these bytes is refused.
fn reason(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    listen(file.path(), &Config::default()).expect_err("it is refused").reason.to_string()
}

#[track_caller]
fn check(start: &[u8], name: &str) {
    let file = [start, &[0xA5; 4096]].concat();
    assert_eq!(reason(&file), format!("it is {name}, which is not supported"));
}

/// A page of an Ogg file with the first packet of a stream.
fn ogg(packet: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0\x02".to_vec();
    page.extend([0; 20]);
    page.extend([1, packet.len() as u8]);
    page.extend(packet);
    page
}

#[test]
fn formats_are_named_by_their_magic() {
    for (start, name) in [
        (&b"PK\x03\x04"[..], "a zip archive"),
        (b"\x1F\x8B\x08", "a gzip archive"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Rar!\x1A\x07\x01\0", "a RAR archive"),
        (b"\xFD7zXZ\0", "an xz archive"),
        (b"\x28\xB5\x2F\xFD", "a zstd archive"),
        (b"BZh91AY", "a bzip2 archive"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x89PNG\r\n\x1A\n", "a PNG image"),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a", "a GIF image"),
        (b"RIFF\0\0\0\0WEBP", "a WebP image"),
        (b"II*\0", "a TIFF image"),
        (b"\0\0\0\x18ftypheic", "a HEIC image"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
        (b"FLV\x01\x05", "a Flash video"),
        (b"\0\0\x12\x34mdat", "an old QuickTime file"),
        (b"\0\0\0\x08wide\0\0\x12\x34mdat", "an old QuickTime file"),
        (b"0&\xB2\x75\x8E\x66\xCF\x11\xA6\xD9", "a Windows Media (ASF) file"),
        (b".RMF\0\0\0\x12", "a RealMedia file"),
        (b"MPCKSH", "Musepack audio"),
        (b"MAC \x96\x0F", "Monkey's Audio"),
        (b"wvpk", "WavPack audio"),
        (b"TTA1", "True Audio (TTA)"),
        (b"tBaK", "TAK audio"),
        (b"OFR ", "OptimFROG audio"),
        (b"DSD \x1C", "DSD audio (DSF)"),
        (b"FRM8", "DSD audio (DFF)"),
        (b"MThd\0\0\0\x06", "MIDI"),
        (b"Extended Module: ", "tracker music (XM)"),
        (b"IMPM", "tracker music (IT)"),
        (b"#!AMR\n", "AMR audio"),
        (b"#!AMR-WB\n", "AMR-WB audio"),
        (b"#!EVRC\n", "EVRC audio"),
        (b"RIFF\0\0\0\0QLCMfmt ", "QCELP audio"),
        (b"Creative Voice File\x1A", "Creative Voice audio (VOC)"),
        (b"\x0B\x77\x12\x34", "Dolby AC-3 audio"),
        (b"\x7F\xFE\x80\x01", "DTS audio"),
        (b"\0\0\x01\xBA\x44", "an MPEG program stream"),
        (b"\x7FELF\x02\x01\x01", "an executable (ELF)"),
        (b"MZ\x90\0", "an executable (Windows)"),
    ] {
        check(start, name);
    }
}

#[test]
fn magic_can_be_further_inside() {
    let at = |place: usize, magic: &[u8]| [&vec![0xA5; place], magic].concat();
    check(&at(257, b"ustar"), "a tar archive");
    check(&at(44, b"SCRM"), "tracker music (S3M)");
    check(&at(1080, b"M.K."), "tracker music (MOD)");
    let packet = [b"G", &[0xA5; 187][..]].concat();
    check(&packet.repeat(5), "an MPEG transport stream");
}

#[test]
fn text_is_named_by_its_kind() {
    for (text, name) in [
        ("<!DOCTYPE html><html>", "HTML"),
        ("  <html lang=\"en\">", "HTML"),
        ("<?xml version=\"1.0\"?>", "XML"),
        ("{\"error\": \"not found\"}", "JSON"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000", "WebVTT subtitles"),
        ("1\r\n00:00:01,000 --> 00:00:02,000", "SRT subtitles"),
        ("id\tstart\tend\näöü", "text"),
    ] {
        assert_eq!(reason(text.as_bytes()), format!("it is {name}, which is not supported"));
    }
    let utf16: Vec<u8> = "\u{FEFF}a text".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(reason(&utf16), "it is text, which is not supported");
    assert_eq!(reason(b""), "it is an empty file");
}

#[test]
fn audio_inside_another_file_is_not_found() {
    let mp3 = fs::read(audio("excerpt.mp3")).unwrap();
    check(&[b"PK\x03\x04\x0A\0\0\0\0\0".as_slice(), &mp3].concat(), "a zip archive");
    check(&[b"\xFF\xD8\xFF\xE0\0\x10JFIF".as_slice(), &mp3].concat(), "a JPEG image");
}

#[test]
fn codecs_in_ogg_are_named() {
    for (packet, expected) in [
        (&b"Speex   1.2"[..], "it is Speex in Ogg, which is not supported"),
        (b"CELT    0.5", "it is CELT in Ogg, which is not supported"),
        (b"\x80theora\x03\x02\x01", "it has no audio, only video"),
        (b"fishead\0", "it has no audio track"),
    ] {
        assert_eq!(reason(&ogg(packet)), expected);
    }
}
