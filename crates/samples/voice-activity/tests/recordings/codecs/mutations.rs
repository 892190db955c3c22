//! Damaged files must end with a result or an error.

use std::time::{Duration, Instant};

use super::{bytes, hear};
use crate::support::Noise;

/// The number of variants of each file.
const VARIANTS: usize = 40;

/// The most time for one of them, in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Damages a few places of a file, most of them in its headers.
fn damage(file: &mut Vec<u8>, noise: &mut Noise) {
    let mut random = |most: usize| ((noise.white() + 1.0) / 2.0 * most as f32) as usize;
    for _ in 0..=random(6) {
        let within = if random(2) == 0 { file.len().min(2000) } else { file.len() };
        let at = random(within).min(file.len() - 1);
        let end = (at + random(200)).min(file.len());
        match random(5) {
            0 => file[at] ^= 1 << random(8),
            1 => file[at..end.min(at + 8)].fill(0xFF),
            2 => file[at..end.min(at + 8)].fill(0),
            3 => drop(file.drain(at..end)),
            _ => drop(file.splice(at..at, file[at..end].to_vec()).collect::<Vec<_>>()),
        }
        if file.is_empty() {
            return;
        }
    }
}

#[test]
fn damage_ends_with_a_result_or_an_error() {
    for name in [
        "excerpt.opus",
        "excerpt.ogg",
        "excerpt.oga",
        "excerpt.webm",
        "excerpt.m4a",
        "excerpt-alac.m4a",
        "excerpt-fragments.mp4",
    ] {
        let whole = bytes(name);
        let mut noise = Noise::seeded(19);
        for variant in 0..VARIANTS {
            let mut file = whole.clone();
            damage(&mut file, &mut noise);
            let begin = Instant::now();
            if let Ok(heard) = hear(&file) {
                assert!(heard.duration < 10.0, "{name} {variant}: {heard:?}");
            }
            assert!(begin.elapsed() < LIMIT, "{name} {variant}");
        }
    }
}
