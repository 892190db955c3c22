//! Decodes bytes, and makes what surrounds the frames of a stream.

use std::error::Error;
use std::fs;

use voice_activity::audio::Recording;

use crate::support::{Noise, audio};

/// What comes of a file: its length in seconds, and why it breaks off.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) seconds: f64,
    pub(crate) expected: Option<f64>,
    /// The length that is returned, of 16 kHz.
    pub(crate) samples: usize,
    /// The RMS of each tenth of a second.
    pub(crate) levels: Vec<f32>,
    pub(crate) error: Option<String>,
}

/// Decodes a file with some bytes; an error is why it is refused.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let mut recording =
        Recording::open(file.path()).map_err(|error| error.source().unwrap().to_string())?;
    let (expected, mut samples, mut error) = (recording.expected_seconds(), Vec::new(), None);
    for frame in recording.by_ref() {
        match frame {
            Ok(frame) => samples.extend(frame),
            Err(broken) => error = Some(broken.reason.to_string()),
        }
    }
    let rms = |part: &[f32]| {
        (part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32).sqrt()
    };
    Ok(Decoded {
        seconds: recording.seconds(),
        expected,
        samples: samples.len(),
        levels: samples.chunks(1600).map(rms).collect(),
        error,
    })
}

/// Checks that all sound of a file is read, and for how long it lasts.
#[track_caller]
pub(crate) fn lasts(what: &str, bytes: &[u8], seconds: f64) -> Decoded {
    let decoded = decode(bytes).unwrap_or_else(|reason| panic!("{what}: {reason}"));
    assert_eq!(decoded.error, None, "{what}");
    assert!((decoded.seconds - seconds).abs() < 0.001, "{what}: {} s", decoded.seconds);
    decoded
}

/// Checks when and why a file breaks off.
#[track_caller]
pub(crate) fn breaks(what: &str, bytes: &[u8], seconds: f64, reason: &str) {
    let decoded = decode(bytes).unwrap_or_else(|reason| panic!("{what}: {reason}"));
    assert!((decoded.seconds - seconds).abs() < 0.001, "{what}: {} s", decoded.seconds);
    let error = decoded.error.unwrap_or_else(|| panic!("{what} does not break off"));
    assert!(error.starts_with(reason), "{what}: {error}");
}

/// The bytes of a file in `audio`.
pub(crate) fn excerpt(name: &str) -> Vec<u8> {
    fs::read(audio(name)).unwrap()
}

/// Random bytes.
pub(crate) fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut noise = Noise::seeded(seed);
    (0..length).map(|_| (noise.white() * 128.0) as i8 as u8).collect()
}

/// An ID3v2 tag with a number of random bytes.
pub(crate) fn id3v2(version: u8, length: usize) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7F);
    [b"ID3", &[version, 0, 0][..], &size, &random(3, length)].concat()
}

/// An ID3v1 tag.
pub(crate) fn id3v1() -> Vec<u8> {
    [&b"TAG"[..], &[b' '; 125]].concat()
}

/// An APEv2 tag with a number of random bytes, with or without its header.
pub(crate) fn ape(length: usize, has_header: bool) -> Vec<u8> {
    let part = |flags: u32| {
        let fields = [2000, length as u32 + 32, 1, flags].map(u32::to_le_bytes).concat();
        [&b"APETAGEX"[..], &fields, &[0; 8]].concat()
    };
    let flag = u32::from(has_header) << 31;
    let header = if has_header { part(flag | 1 << 29) } else { Vec::new() };
    [header, random(4, length), part(flag)].concat()
}

/// A Lyrics3 tag of version 2.
pub(crate) fn lyrics() -> Vec<u8> {
    let lines = "LYRICSBEGININD0000210LYR00013La, la, la...";
    format!("{lines}{:06}LYRICS200", lines.len()).into_bytes()
}

/// Changes files at random, and checks that nothing takes longer or becomes longer than its bytes allow.
pub(crate) fn mutate(original: &[u8], rounds: u64, most_seconds: f64) {
    for seed in 1..=rounds {
        let mut noise = Noise::seeded(seed);
        let mut below = |limit: usize| ((noise.white() + 1.0) / 2.0 * limit as f32) as usize;
        let mut bytes = original.to_vec();
        for _ in 0..=below(4) {
            let (at, length) = (below(bytes.len()), 1 << below(11));
            let end = (at + length).min(bytes.len());
            match below(5) {
                0 => bytes[at] ^= 1 << below(8),
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..at, random(seed, length))),
                3 => bytes[at..end].fill(0),
                _ => bytes.truncate(end),
            }
        }
        let begin = std::time::Instant::now();
        let decoded = decode(&bytes);
        let took = begin.elapsed().as_secs_f64();
        assert!(took < 10.0, "seed {seed} took {took} s");
        if let Ok(decoded) = decoded {
            let is_of_file = decoded.error.is_none_or(|error| error.starts_with("it is "));
            assert!(is_of_file, "seed {seed} is told as an error of the system");
            let limit = most_seconds + 0.1;
            assert!(decoded.seconds < limit, "seed {seed}: {} s", decoded.seconds);
            let returned = decoded.samples as f64 / 16_000.0;
            assert!((returned - decoded.seconds).abs() < 0.05, "seed {seed}: {returned} s");
        }
    }
}
