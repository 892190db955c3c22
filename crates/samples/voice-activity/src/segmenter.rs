//! From scores to segments: hysteresis, shortest speech, shortest pause, padding.
//!
//! Pure arithmetic on a clock of samples at the detector's rate; knows no sound.

use std::mem;

use crate::detector::FRAME;
use crate::detector::RATE;

/// Speech that has begun goes on while the score is above this part of the threshold.
///
/// The two levels keep a score that wavers about one of them from cutting words.
const HOLD: f64 = 0.7;

/// What makes a segment; the times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The score at which speech begins, from 0 to 1.
    pub threshold: f64,
    /// A stretch with less speech is dropped.
    pub min_speech: u32,
    /// A pause that is shorter does not end a stretch.
    pub min_silence: u32,
    /// What is added on either side.
    pub pad: u32,
}

/// A stretch of speech with its padding; times in samples at [`RATE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub start: u64,
    /// Where it ends: the first sample that is no more part of it.
    pub end: u64,
    /// The mean score of what is speech in it, from 0 to 1.
    pub confidence: f64,
}

/// Takes one score a frame, gives each span as soon as nothing to come can change it.
pub struct Segmenter {
    threshold: f64,
    min_speech: u64,
    min_silence: u64,
    pad: u64,
    /// The end of the frames so far.
    now: u64,
    speaking: bool,
    /// The stretch at hand: in speech, or in a pause that may yet be too short to end it.
    open: Option<Stretch>,
    /// A stretch that is over and whose padding another one may still cut.
    closed: Option<Stretch>,
    /// Where the padding of the former span ends.
    floor: u64,
}

/// Speech and the pauses in it, without padding.
#[derive(Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
    /// Samples in it that are speech.
    speech: u64,
    /// The sum of the scores of those frames.
    scores: f64,
}

impl Segmenter {
    /// A segmenter at the beginning of a recording.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            threshold: settings.threshold,
            min_speech: samples(settings.min_speech),
            min_silence: samples(settings.min_silence),
            pad: samples(settings.pad),
            now: 0,
            speaking: false,
            open: None,
            closed: None,
            floor: 0,
        }
    }

    /// Takes the score of the next frame.
    pub fn push(&mut self, score: f64) -> Option<Span> {
        let start = self.now;
        self.now += FRAME as u64;
        let level = if self.speaking { self.threshold * HOLD } else { self.threshold };
        self.speaking = score >= level;
        if self.speaking { self.speech(start, score) } else { self.pause() }
    }

    /// Ends the recording; no span ends later than its last frame.
    pub fn finish(&mut self) -> Option<Span> {
        let last = self.open.take().filter(|stretch| self.is_long(stretch));
        let last = last.or(self.closed.take())?;
        let mut span = self.settle(last, u64::MAX);
        span.end = span.end.min(self.now);
        Some(span)
    }

    fn speech(&mut self, start: u64, score: f64) -> Option<Span> {
        let fresh = Stretch { start, end: start, speech: 0, scores: 0.0 };
        let stretch = self.open.get_or_insert(fresh);
        let was_long = stretch.speech >= self.min_speech && stretch.speech > 0;
        stretch.end = self.now;
        stretch.speech += FRAME as u64;
        stretch.scores += score;
        let stretch = *stretch;
        if was_long || !self.is_long(&stretch) {
            return None;
        }
        // From here on this stretch is sure to become a span: it bounds the one before.
        let before = self.closed.take()?;
        Some(self.settle(before, stretch.start))
    }

    fn pause(&mut self) -> Option<Span> {
        if self.open.is_some_and(|stretch| self.now - stretch.end >= self.min_silence) {
            let over = self.open.take().filter(|stretch| self.is_long(stretch));
            self.closed = over.or(self.closed);
        }
        let free = self.open.map_or(self.now, |stretch| stretch.start);
        let closed = self.closed.take_if(|closed| free >= closed.end + 2 * self.pad)?;
        Some(self.settle(closed, free))
    }

    fn is_long(&self, stretch: &Stretch) -> bool {
        stretch.speech >= self.min_speech
    }

    /// Pads a stretch that is followed by the next one at `next` at the earliest.
    fn settle(&mut self, stretch: Stretch, next: u64) -> Span {
        let end = stretch.end + self.pad.min((next - stretch.end) / 2);
        let floor = mem::replace(&mut self.floor, end);
        let frames = (stretch.speech / FRAME as u64) as f64;
        Span {
            start: stretch.start.saturating_sub(self.pad).max(floor),
            end,
            confidence: stretch.scores / frames,
        }
    }
}

fn samples(milliseconds: u32) -> u64 {
    u64::from(milliseconds) * u64::from(RATE) / 1000
}

#[cfg(test)]
mod tests;
