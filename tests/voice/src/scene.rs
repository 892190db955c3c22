//! Scenes: utterances with silence between them, in noise.

use crate::noise::Noise;
use crate::random::Random;
use crate::signal::{WINDOW, WINDOWS_PER_SECOND, active_rms, decibels, samples};
use crate::voice::Utterance;

/// The shortest and longest silence before, between and after utterances, in seconds.
const SILENCE: (f64, f64) = (1.0, 3.0);

/// Audio of which is known where somebody speaks.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The samples.
    pub samples: Vec<f32>,
    /// For each window of 10 ms, whether somebody speaks.
    pub truth: Vec<bool>,
}

impl Scene {
    /// Says utterances in random order, with silences of one to three seconds around them.
    #[must_use]
    pub fn new(utterances: &[Utterance], random: &mut Random) -> Self {
        let mut scene = Self::default();
        let mut left: Vec<_> = utterances.iter().collect();
        while !left.is_empty() {
            scene.silence(random);
            scene.say(left.swap_remove(random.index(left.len())));
        }
        scene.silence(random);
        scene
    }

    /// Adds noise at a ratio of signal to noise, in decibels, of the loud parts of both.
    pub fn add_noise(&mut self, noise: Noise, ratio: f32, random: &mut Random) {
        let level = active_rms(&self.samples) * decibels(-ratio);
        let noise = noise.samples(self.samples.len(), random);
        for (sample, noise) in self.samples.iter_mut().zip(noise) {
            *sample = (*sample + noise * level).clamp(-1.0, 1.0);
        }
    }

    /// Noise alone, at a level in decibels below full scale.
    #[must_use]
    pub fn of_noise(noise: Noise, level: f32, seconds: f64, random: &mut Random) -> Self {
        let noise = noise.samples(samples(seconds), random);
        let volume = decibels(level);
        Self::without_speech(noise.iter().map(|n| (n * volume).clamp(-1.0, 1.0)).collect())
    }

    /// A scene where nobody speaks.
    #[must_use]
    pub fn without_speech(samples: Vec<f32>) -> Self {
        Self { truth: vec![false; samples.len().div_ceil(WINDOW)], samples }
    }

    fn silence(&mut self, random: &mut Random) {
        let windows = random.between(SILENCE.0, SILENCE.1) * WINDOWS_PER_SECOND as f64;
        self.truth.resize(self.truth.len() + windows as usize, false);
        self.samples.resize(self.truth.len() * WINDOW, 0.0);
    }

    fn say(&mut self, utterance: &Utterance) {
        self.truth.extend(&utterance.truth);
        self.samples.extend(&utterance.samples);
        let windows = self.samples.len().div_ceil(WINDOW);
        self.truth.resize(windows, false);
        self.samples.resize(windows * WINDOW, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recordings;
    use crate::voice::Voice;

    fn scene() -> Scene {
        let utterances = recordings::load().map(|recording| Voice::Clean.render(&recording));
        Scene::new(&utterances, &mut Random::seeded(3))
    }

    #[test]
    fn the_truth_has_a_mark_for_each_window() {
        let scene = scene();
        assert_eq!(scene.samples.len(), scene.truth.len() * WINDOW);
        let speech = scene.truth.iter().filter(|speech| **speech).count();
        assert!((1000..1160).contains(&speech), "{speech}");
        assert!(scene.truth.len() > speech + 400);
    }

    #[test]
    fn noise_has_the_level_that_the_ratio_says() {
        let (clean, mut noisy) = (scene(), scene());
        noisy.add_noise(Noise::Pink, 10.0, &mut Random::seeded(1));
        let noise: Vec<f32> =
            noisy.samples.iter().zip(&clean.samples).map(|(noisy, clean)| noisy - clean).collect();
        let ratio = 20.0 * (active_rms(&clean.samples) / active_rms(&noise)).log10();
        assert!((ratio - 10.0).abs() < 0.2, "{ratio}");
    }
}
