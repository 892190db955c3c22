//! Mixes channels to one without cancelling them out.

use symphonia::core::audio::GenericAudioBufferRef;

/// The decay of the measured correlation per sample: half in about a second at 16 kHz.
const DECAY: f64 = 0.999_95;

/// Averages channels, each with the sign that agrees with the others.
///
/// A channel of opposite phase (a cable with swapped wires, the side signal of a recorder) would cancel the
/// others in a plain average. A channel that is always zero does not count.
#[derive(Default)]
pub(super) struct Mixer {
    channels: Vec<Channel>,
    planes: Vec<Vec<f32>>,
}

#[derive(Default, Clone)]
struct Channel {
    /// The correlation with the mix of the channels before it.
    agreement: f64,
    /// Whether it has had a sample other than zero.
    is_used: bool,
}

impl Mixer {
    /// Appends the mixed samples of a buffer to `mono`; samples that are not finite become silence.
    pub(super) fn mix(&mut self, sound: &GenericAudioBufferRef<'_>, mono: &mut Vec<f32>) {
        sound.copy_to_vecs_planar(&mut self.planes);
        let start = mono.len();
        mono.resize(start + sound.frames(), 0.0);
        self.mix_planes(&mut mono[start..]);
    }

    fn mix_planes(&mut self, mixed: &mut [f32]) {
        self.channels.resize(self.planes.len(), Channel::default());
        for (channel, plane) in self.channels.iter_mut().zip(&mut self.planes) {
            plane.iter_mut().filter(|sample| !sample.is_finite()).for_each(|sample| *sample = 0.0);
            channel.add(plane, mixed);
        }
        let used = self.channels.iter().filter(|channel| channel.is_used).count().max(1);
        mixed.iter_mut().for_each(|sample| *sample = (*sample / used as f32).clamp(-1.0, 1.0));
    }
}

impl Channel {
    fn add(&mut self, plane: &[f32], mixed: &mut [f32]) {
        self.is_used |= plane.iter().any(|sample| *sample != 0.0);
        let correlation: f32 = plane.iter().zip(&*mixed).map(|(sample, mix)| sample * mix).sum();
        self.agreement *= DECAY.powf(plane.len() as f64);
        self.agreement += f64::from(correlation);
        let sign = if self.agreement < 0.0 { -1.0 } else { 1.0 };
        mixed.iter_mut().zip(plane).for_each(|(mix, sample)| *mix += sign * sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (n as f32 * 0.1).sin() / 2.0).collect()
    }

    #[track_caller]
    fn check(planes: Vec<Vec<f32>>, expected: &[f32]) {
        let mut mixer = Mixer { planes, ..Mixer::default() };
        let mut mixed = vec![0.0; expected.len()];
        mixer.mix_planes(&mut mixed);
        for (n, (mixed, expected)) in mixed.iter().zip(expected).enumerate() {
            assert!((mixed - expected).abs() < 1e-6, "sample {n} is {mixed}, not {expected}");
        }
    }

    #[test]
    fn opposite_phases_do_not_cancel_out() {
        let tone = tone(1000);
        let inverted: Vec<f32> = tone.iter().map(|sample| -sample).collect();
        check(vec![tone.clone(), inverted.clone()], &tone);
        check(vec![inverted.clone(), tone.clone()], &inverted);
        check(vec![tone.clone(), inverted, tone.clone()], &tone);
        check(vec![tone.clone(), tone.clone()], &tone);
    }

    #[test]
    fn a_silent_channel_does_not_count() {
        let tone = tone(1000);
        let mut planes = vec![vec![0.0; 1000]; 32];
        planes[7].clone_from(&tone);
        check(planes, &tone);
    }

    #[test]
    fn a_channel_that_is_not_finite_is_silent() {
        let tone = tone(1000);
        check(vec![tone.clone(), vec![f32::NAN; 1000], vec![f32::INFINITY; 1000]], &tone);
    }
}
