//! Tests of what browsers and phones record: Opus, AAC and ALAC, and the containers around them.

mod matroska;
mod mp4;
mod mutations;
mod ogg;

use std::fs;
use std::path::Path;

use tempfile::NamedTempFile;
use voice_activity::audio::{AudioError, Reason};
use voice_activity::config::Config;

use crate::support::{Heard, audio, listen};

/// The number of seconds by which the segments of two codecs may differ.
const TOLERANCE: f64 = 0.1;

/// Processes a file with these bytes.
fn hear(bytes: &[u8]) -> Result<Heard, AudioError> {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    listen(file.path(), &Config::default())
}

/// The bytes of a file in `audio`.
fn bytes(name: &str) -> Vec<u8> {
    fs::read(audio(name)).unwrap()
}

/// Checks that a file has the sound of the excerpts.
#[track_caller]
fn check(heard: &Heard, sample_rate: u32) {
    let original = listen(&audio("excerpt.flac"), &Config::default()).unwrap();
    assert_eq!(heard.sample_rate, sample_rate);
    assert!((heard.duration - 2.5).abs() < 0.02, "{heard:?}");
    assert_eq!(heard.segments.len(), original.segments.len(), "{heard:?}");
    for (segment, original) in heard.segments.iter().zip(&original.segments) {
        assert!((segment.start - original.start).abs() < TOLERANCE, "{heard:?}");
        assert!((segment.end - original.end).abs() < TOLERANCE, "{heard:?}");
    }
}

#[track_caller]
fn check_file(file: &Path, sample_rate: u32) {
    check(&listen(file, &Config::default()).unwrap(), sample_rate);
}

/// Checks that a file breaks off at a second.
#[track_caller]
fn check_truncated(bytes: &[u8], seconds: f64) {
    match hear(bytes).unwrap_err().reason {
        Reason::Truncated { seconds: at, .. } => assert!((at - seconds).abs() < 0.1, "at {at} s"),
        reason => panic!("{reason:?}"),
    }
}

#[test]
fn result_does_not_depend_on_codec() {
    for (name, sample_rate) in [
        ("excerpt.opus", 48_000),
        ("excerpt.webm", 48_000),
        ("excerpt.m4a", 16_000),
        ("excerpt-alac.m4a", 8_000),
        ("excerpt.oga", 8_000),
    ] {
        println!("{name}");
        check_file(&audio(name), sample_rate);
    }
}

#[test]
fn opus_is_as_long_as_it_says() {
    for name in ["excerpt.opus", "excerpt.webm"] {
        let heard = listen(&audio(name), &Config::default()).unwrap();
        assert!((heard.duration - 2.5).abs() < 0.001, "{name}: {heard:?}");
    }
}
