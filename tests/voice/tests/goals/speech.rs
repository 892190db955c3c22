//! Speech is found in noise, and little noise is taken for speech.

use universal_worker_voice_bench::corpus::{Case, Extent, cases};
use universal_worker_voice_bench::judge::Tally;
use universal_worker_voice_bench::noise::Noise;
use universal_worker_voice_bench::voice::Voice;

use crate::spans_of;

/// The least fraction of speech that must be found at +10 and at 0 dB.
const LEAST_FOUND: [(i8, f64); 2] = [(10, 0.95), (0, 0.80)];

/// The largest fraction of the time without speech that may be in segments.
const MOST_FALSE: f64 = 0.01;

/// The largest median of the errors of boundaries, in seconds.
const MEDIAN_ERROR: f64 = 0.1;

/// The sum over scenes of the quick corpus; each is printed.
fn judge(is: impl Fn(Voice, Option<(Noise, i8)>) -> bool) -> Tally {
    let mut sum = Tally::default();
    for case in cases(Extent::Quick) {
        if !matches!(case, Case::Speech(voice, noise) if is(voice, noise)) {
            continue;
        }
        let scene = case.scene();
        let segments = spans_of(&scene.samples);
        let mut tally = Tally::default();
        tally.add(&scene.truth, &segments);
        let (found, wrong) = (tally.recall() * 100.0, tally.false_seconds());
        println!("{case}: {found:.1} % found, {wrong:.2} s wrong");
        sum.add(&scene.truth, &segments);
    }
    sum
}

#[track_caller]
fn is_good(tally: &Tally, least_found: f64) {
    let (found, wrong, error) = (tally.recall(), tally.false_share(), tally.boundary_error(0.5));
    println!("{found} found, {wrong} wrong, median error {error} s");
    assert!(found >= least_found, "{found} found");
    assert!(wrong <= MOST_FALSE, "{wrong} of the time without speech is wrong");
    assert!(error <= MEDIAN_ERROR, "the median error is {error} s");
}

#[test]
fn every_voice_is_found_in_silence() {
    is_good(&judge(|_, noise| noise.is_none()), LEAST_FOUND[0].1);
}

#[test]
fn speech_is_found_in_noise() {
    for (ratio, least_found) in LEAST_FOUND {
        let tally = judge(|_, noise| {
            noise.is_some_and(|(noise, other)| other == ratio && !noise.is_speech())
        });
        is_good(&tally, least_found);
    }
}

#[test]
fn speech_is_found_among_other_speakers() {
    for (ratio, least_found) in LEAST_FOUND {
        let tally = judge(|_, noise| noise == Some((Noise::Babble, ratio)));
        let found = tally.recall();
        assert!(found >= least_found, "{found} found at {ratio} dB");
    }
}
