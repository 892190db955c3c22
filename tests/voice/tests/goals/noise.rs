//! Noise alone is no speech, at any level.

use universal_worker_voice_bench::corpus::{Case, Extent, LEVELS, cases};
use universal_worker_voice_bench::noise::{NOISES, Noise};
use universal_worker_voice_bench::random::Random;
use universal_worker_voice_bench::scene::Scene;

use crate::spans_of;

#[track_caller]
fn has_no_speech(case: &str, samples: &[f32]) {
    assert_eq!(spans_of(samples), [], "{case}");
}

/// The scenes of one noise; each has a test of its own, which run side by side.
fn is_no_speech(noises: &[Noise]) {
    for case in cases(Extent::Quick) {
        if matches!(case, Case::Noise(noise, _) if noises.contains(&noise)) {
            has_no_speech(&case.to_string(), &case.scene().samples);
        }
    }
}

#[test]
fn digital_silence_is_no_speech() {
    has_no_speech("digital silence", &Case::Silence.scene().samples);
}

#[test]
fn broadband_noise_is_no_speech() {
    is_no_speech(&[Noise::White, Noise::Pink, Noise::Brown, Noise::Clicks]);
    for seed in 1..=3 {
        for level in LEVELS {
            for noise in [Noise::White, Noise::Pink] {
                let scene =
                    Scene::of_noise(noise, f32::from(level), 8.0, &mut Random::seeded(seed));
                has_no_speech(&format!("{noise} at {level} dB, seed {seed}"), &scene.samples);
            }
        }
    }
}

#[test]
fn low_passed_noise_is_no_speech() {
    let low: Vec<_> =
        NOISES.into_iter().filter(|noise| matches!(noise, Noise::LowPassed(_))).collect();
    assert_eq!(low.len(), 5);
    is_no_speech(&low);
}

#[test]
fn hum_is_no_speech() {
    let hums: Vec<_> = NOISES.into_iter().filter(|noise| matches!(noise, Noise::Hum(_))).collect();
    assert_eq!(hums.len(), 4);
    is_no_speech(&hums);
}

#[test]
fn tones_of_telephones_are_no_speech() {
    is_no_speech(&[Noise::Dtmf, Noise::RingingInEurope, Noise::RingingInAmerica]);
}
