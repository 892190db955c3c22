//! Several people who speak at once.

use std::sync::LazyLock;

use crate::random::Random;
use crate::recordings;
use crate::voice::Voice;

/// The pitches of the speakers in semitones.
const SPEAKERS: [i8; 6] = [-4, -2, -1, 1, 3, 4];

/// All that each speaker says, again and again.
static SPEECH: LazyLock<Vec<Vec<f32>>> = LazyLock::new(|| {
    let recordings = recordings::load().concat();
    SPEAKERS.iter().map(|pitch| Voice::Pitched(*pitch).render(&recordings).samples).collect()
});

/// Six speakers, each from a random place on.
pub(super) fn babble(count: usize, random: &mut Random) -> Vec<f32> {
    let mut noise = vec![0.0; count];
    for speech in SPEECH.iter() {
        let start = random.index(speech.len());
        let speech = speech.iter().cycle().skip(start);
        noise.iter_mut().zip(speech).for_each(|(sum, sample)| *sum += sample);
    }
    noise
}
