//! The list of all scenes.

use std::fmt;
use std::sync::LazyLock;

use crate::noise::{NOISES, Noise};
use crate::random::Random;
use crate::recordings;
use crate::scene::Scene;
use crate::voice::{Utterance, VOICES, Voice};

/// The ratios of speech to noise in decibels.
pub const RATIOS: [i8; 5] = [20, 10, 5, 0, -5];

/// The levels of noise alone in decibels below full scale.
pub const LEVELS: [i8; 9] = [-90, -80, -70, -60, -50, -40, -30, -20, -10];

/// The length of noise alone in seconds.
const NOISE_SECONDS: f64 = 20.0;

/// How much of the corpus is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every voice in every noise at every ratio.
    Full,
    /// Every voice in one noise, and the recordings as they are in every noise, at two ratios.
    Quick,
}

/// One scene of the corpus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Case {
    /// Speech, and the noise around it with the ratio in decibels.
    Speech(Voice, Option<(Noise, i8)>),
    /// Noise alone, at a level in decibels.
    Noise(Noise, i8),
    /// Digital silence.
    Silence,
}

/// The utterances of each voice.
static UTTERANCES: LazyLock<Vec<Vec<Utterance>>> = LazyLock::new(|| {
    let recordings = recordings::load();
    let render = |voice: &Voice| recordings.iter().map(|speech| voice.render(speech)).collect();
    VOICES.iter().map(render).collect()
});

/// A ratio as it is written in tables.
#[must_use]
pub fn ratio_name(ratio: i8) -> String {
    let sign = if ratio > 0 { "+" } else { "" };
    format!("{sign}{ratio} dB")
}

/// All cases, in the order of the tables.
#[must_use]
pub fn cases(extent: Extent) -> Vec<Case> {
    let mut cases: Vec<_> = VOICES.map(|voice| Case::Speech(voice, None)).into();
    for voice in VOICES {
        for noise in NOISES {
            let ratios = RATIOS.iter().filter(|ratio| extent.has(voice, noise, **ratio));
            cases.extend(ratios.map(|ratio| Case::Speech(voice, Some((noise, *ratio)))));
        }
    }
    cases.push(Case::Silence);
    for noise in NOISES.into_iter().filter(|noise| !noise.is_speech()) {
        cases.extend(LEVELS.map(|level| Case::Noise(noise, level)));
    }
    cases
}

impl Extent {
    fn has(self, voice: Voice, noise: Noise, ratio: i8) -> bool {
        self == Self::Full
            || (matches!(ratio, 0 | 10) && (voice == Voice::Clean || noise == Noise::Pink))
    }
}

impl Case {
    /// Makes the scene. The same case always gives the same one.
    #[must_use]
    pub fn scene(self) -> Scene {
        let mut random = Random::named(&self.to_string());
        match self {
            Self::Speech(voice, noise) => {
                let place = VOICES.iter().position(|other| *other == voice);
                let mut scene = Scene::new(&UTTERANCES[place.unwrap_or(0)], &mut random);
                if let Some((noise, ratio)) = noise {
                    scene.add_noise(noise, f32::from(ratio), &mut random);
                }
                scene
            }
            Self::Noise(noise, level) => {
                Scene::of_noise(noise, f32::from(level), NOISE_SECONDS, &mut random)
            }
            Self::Silence => {
                Scene::without_speech(vec![0.0; crate::signal::samples(NOISE_SECONDS)])
            }
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speech(voice, None) => write!(f, "{voice}, no noise"),
            Self::Speech(voice, Some((noise, ratio))) => {
                write!(f, "{voice}, {noise} at {}", ratio_name(*ratio))
            }
            Self::Noise(noise, level) => write!(f, "{noise} alone at {level} dB"),
            Self::Silence => write!(f, "digital silence"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let cases = cases(Extent::Full);
        let names: BTreeSet<_> = cases.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), cases.len());
        assert_eq!(cases.len(), 9 + 9 * 17 * 5 + 1 + 16 * 9);
    }

    #[test]
    fn the_quick_corpus_is_a_part_of_the_full_one() {
        let full = cases(Extent::Full);
        let quick = cases(Extent::Quick);
        assert!(quick.iter().all(|case| full.contains(case)));
        assert!(quick.len() * 4 < full.len());
    }
}
