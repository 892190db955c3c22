//! Speech is found at any level, in noise of a fixed level.

use universal_worker_voice_bench::judge::Tally;
use universal_worker_voice_bench::noise::Noise;
use universal_worker_voice_bench::random::Random;
use universal_worker_voice_bench::recordings;
use universal_worker_voice_bench::signal::{WINDOW, decibels, loud, samples};

use crate::spans_of;

/// The least fraction of speech that must be found.
const LEAST_FOUND: f64 = 0.93;

/// The most seconds that may be in segments more than 0.3 s away from speech.
const MOST_FALSE: f64 = 0.1;

/// Both recordings, with two seconds of silence before, between and after them, and for each window whether
/// it is loud.
fn scene() -> (Vec<f32>, Vec<bool>) {
    let [long, short, _] = recordings::load();
    let (mut scene, mut truth) = (Vec::new(), Vec::new());
    for recording in [&short, &long] {
        scene.resize(scene.len() + samples(2.0), 0.0);
        truth.resize(scene.len() / WINDOW, false);
        scene.extend(recording);
        truth.extend(loud(recording));
        scene.resize(truth.len() * WINDOW, 0.0);
    }
    scene.resize(scene.len() + samples(2.0), 0.0);
    truth.resize(scene.len() / WINDOW, false);
    (scene, truth)
}

#[test]
fn speech_is_found_at_any_level() {
    let (scene, truth) = scene();
    for (gain, level) in
        [(0.0, -90.0), (0.0, -60.0), (0.0, -50.0), (0.0, -30.0), (-20.0, -70.0), (-30.0, -70.0)]
    {
        for noise in [Noise::White, Noise::Pink] {
            let added = noise.samples(scene.len(), &mut Random::seeded(7));
            let mix = |(speech, noise): (&f32, f32)| {
                (speech * decibels(gain) + noise * decibels(level)).clamp(-1.0, 1.0)
            };
            let segments = spans_of(&scene.iter().zip(added).map(mix).collect::<Vec<_>>());
            let mut tally = Tally::default();
            tally.add(&truth, &segments);
            let (found, wrong) = (tally.recall(), tally.false_seconds());
            let case = format!("speech at {gain} dB, {noise} noise at {level} dB");
            println!("{case}: {:.1} % found, {wrong:.2} s wrong", found * 100.0);
            assert!(found > LEAST_FOUND, "{case}: {found} found in {segments:?}");
            assert!(wrong < MOST_FALSE, "{case}: {wrong} s wrong in {segments:?}");
        }
    }
}
