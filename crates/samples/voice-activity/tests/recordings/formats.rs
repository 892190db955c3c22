//! Tests that the result does not depend on the format of the file.

use voice_activity::config::Config;

use crate::support::{RATE, audio, listen, recording, silence, write_wav};

/// The number of seconds by which a boundary may differ between codecs, whose artifacts matter most where
/// speech starts softly.
const TOLERANCE: f64 = 0.3;

/// Resamples from 16 kHz to another rate by linear interpolation.
fn at_rate(samples: &[f32], rate: u32) -> Vec<f32> {
    let step = f64::from(RATE) / f64::from(rate);
    let count = (samples.len() as f64 / step) as usize;
    let at = |index: usize| samples.get(index).copied().unwrap_or(0.0);
    let between = |n: usize| {
        let place = n as f64 * step;
        let part = place.fract() as f32;
        at(place as usize) * (1.0 - part) + at(place as usize + 1) * part
    };
    (0..count).map(between).collect()
}

#[test]
fn result_does_not_depend_on_rate_and_channels() {
    let speech = [silence(1.0), recording("librivox-0870.wav"), silence(1.0)].concat();
    let file = tempfile::NamedTempFile::new().unwrap();
    write_wav(file.path(), RATE, 1, &speech);
    let expected = listen(file.path(), &Config::default()).unwrap();
    assert_eq!(expected.segments.len(), 1);
    for (rate, channels) in [(44_100, 2), (48_000, 2), (8_000, 1), (22_050, 1), (16_000, 6)] {
        write_wav(file.path(), rate, channels, &at_rate(&speech, rate));
        let heard = listen(file.path(), &Config::default()).unwrap();
        assert_eq!(heard.sample_rate, rate);
        assert!((heard.duration - expected.duration).abs() < 0.001, "{rate} Hz: {heard:?}");
        assert_eq!(heard.segments.len(), 1, "{rate} Hz: {heard:?}");
        for (segment, expected) in heard.segments.iter().zip(&expected.segments) {
            assert!((segment.start - expected.start).abs() < TOLERANCE, "{rate} Hz: {heard:?}");
            assert!((segment.end - expected.end).abs() < TOLERANCE, "{rate} Hz: {heard:?}");
        }
    }
}

#[test]
fn result_does_not_depend_on_format() {
    for (name, sample_rate) in
        [("excerpt.flac", 16_000), ("excerpt.ogg", 44_100), ("excerpt.mp3", 24_000)]
    {
        let heard = listen(&audio(name), &Config::default()).unwrap();
        assert_eq!(heard.sample_rate, sample_rate, "{name}");
        assert!((heard.duration - 2.5).abs() < 0.001, "{name}: {heard:?}");
        let [segment] = &heard.segments[..] else { panic!("{name}: {heard:?}") };
        assert!((segment.start - 0.5).abs() < TOLERANCE, "{name}: {heard:?}");
        assert!((segment.end - 2.1).abs() < TOLERANCE, "{name}: {heard:?}");
    }
}

#[test]
fn concatenated_ogg_files_are_one_recording() {
    let once = std::fs::read(audio("excerpt.ogg")).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), once.repeat(2)).unwrap();
    let heard = listen(file.path(), &Config::default()).unwrap();
    assert!((heard.duration - 5.0).abs() < 0.001, "{heard:?}");
    assert_eq!(heard.segments.len(), 2, "{heard:?}");
}
