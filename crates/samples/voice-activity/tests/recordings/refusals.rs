//! Tests that files which cannot be decoded completely are rejected with path and reason.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use voice_activity::config::Config;

use crate::support::{Noise, audio, causes, listen, recording, write_wav};

/// The reason why a file is rejected, with all sources; the path comes first.
#[track_caller]
fn refusal(file: &Path) -> String {
    let error = listen(file, &Config::default()).expect_err("it is refused");
    let message = error.to_string();
    assert_eq!(message, format!("cannot read {}", file.display()));
    causes(&error)
}

#[track_caller]
fn refuses(bytes: &[u8], expected: &str) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, bytes).unwrap();
    let message = refusal(&file);
    assert!(message.contains(expected), "{message}");
}

#[test]
fn missing_and_special_files() {
    let folder = TempDir::new().unwrap();
    assert_eq!(refusal(&folder.path().join("nope.wav")), "no such file");
    assert_eq!(refusal(folder.path()), "it is a folder");
    assert_eq!(refusal(Path::new("/dev/zero")), "it is no regular file");
}

#[test]
fn files_without_audio() {
    let mut noise = Noise::seeded(1);
    let random: Vec<u8> = (0..100_000).map(|_| (noise.white() * 127.0) as i8 as u8).collect();
    let text = b"Speech is silver, silence is golden. ".repeat(1000);
    for bytes in [&random[..], &[0xFF; 100_000]] {
        refuses(bytes, "it is not audio, or in a format that is not known");
    }
    refuses(&text, "it is text, which is not supported");
    refuses(&[0; 100_000], "it is a file of zeros, which is not supported");
    refuses(&[], "it is an empty file");
}

#[test]
fn truncated_files() {
    for name in ["librivox-0880.wav", "excerpt.flac", "excerpt.ogg", "excerpt.mp3"] {
        let bytes = fs::read(audio(name)).unwrap();
        for left in [bytes.len() - 1, bytes.len() - 1000, bytes.len() / 2] {
            refuses(&bytes[..left], "it is truncated: only ");
        }
    }
}

#[test]
fn files_truncated_in_the_header() {
    for (name, left) in [("librivox-0880.wav", 30), ("excerpt.flac", 30), ("excerpt.ogg", 1000)] {
        let bytes = fs::read(audio(name)).unwrap();
        refuses(&bytes[..left], "it is truncated: it ends within its header");
    }
}

#[test]
fn unsupported_sample_rates() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file.wav");
    for rate in [1, 999, 384_001, 4_000_000] {
        write_wav(&file, rate, 1, &[0.0; 1000]);
        let message = refusal(&file);
        assert_eq!(
            message,
            format!("its sample rate of {rate} Hz is outside of 1000 to 384000 Hz")
        );
    }
}

#[test]
fn damaged_files() {
    let mut bytes = fs::read(audio("excerpt.mp3")).unwrap();
    bytes[10_000..10_300].iter_mut().for_each(|byte| *byte ^= 0x5A);
    refuses(&bytes, "it is damaged after 1.178 s: ");
}

#[test]
fn a_wav_without_a_length_is_read_to_its_end() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file.wav");
    write_wav(&file, 16_000, 1, &recording("librivox-0880.wav"));
    let whole = listen(&file, &Config::default()).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[4..8].fill(0xFF);
    bytes[40..44].fill(0xFF);
    fs::write(&file, bytes).unwrap();
    assert_eq!(listen(&file, &Config::default()).unwrap(), whole);
}

#[test]
fn an_empty_recording_has_no_segments() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file.wav");
    write_wav(&file, 16_000, 1, &[]);
    let heard = listen(&file, &Config::default()).unwrap();
    assert_eq!((heard.duration, heard.segments.len()), (0.0, 0));
}
