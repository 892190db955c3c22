//! Turns scores into segments, with hysteresis, a minimum length of speech and pauses, and padding.
//!
//! Times are counted in samples at the rate of the detector.

use std::mem;

use crate::detector::{FRAME, RATE};

/// The fraction of the threshold above which speech that has begun continues.
///
/// This hysteresis keeps a fluctuating score from cutting words.
const HOLD: f64 = 0.7;

/// The settings of a segmenter; times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The score at which speech begins, from 0 to 1.
    pub threshold: f64,
    /// Segments with less speech are dropped.
    pub min_speech: u32,
    /// Shorter pauses do not end a segment.
    pub min_silence: u32,
    /// The padding on both sides.
    pub pad: u32,
}

/// A segment with its padding; times are in samples at [`RATE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The first sample.
    pub start: u64,
    /// The sample after the last one.
    pub end: u64,
    /// The mean score of its speech, from 0 to 1.
    pub confidence: f64,
}

/// Takes a score per frame and returns each span as soon as it is final.
pub struct Segmenter {
    threshold: f64,
    min_speech: u64,
    min_silence: u64,
    pad: u64,
    /// The end of the frames so far.
    now: u64,
    speaking: bool,
    /// The current stretch of speech, possibly in a pause that may be too short to end it.
    open: Option<Stretch>,
    /// The previous stretch, whose padding the next one may still cut.
    closed: Option<Stretch>,
    /// The end of the padding of the previous span.
    floor: u64,
}

/// Speech with its pauses, without padding.
#[derive(Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
    /// The number of samples that are speech.
    speech: u64,
    /// The sum of the scores of its speech frames.
    scores: f64,
}

impl Segmenter {
    /// Creates a segmenter for a new recording.
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

    /// Adds the score of the next frame.
    pub fn push(&mut self, score: f64) -> Option<Span> {
        let start = self.now;
        self.now += FRAME as u64;
        let level = if self.speaking { self.threshold * HOLD } else { self.threshold };
        self.speaking = score >= level;
        if self.speaking { self.speech(start, score) } else { self.pause() }
    }

    /// Ends the recording and returns its last span.
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
        // From here on this stretch is certain to become a span, which limits the previous one.
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

    /// Pads a stretch, if the next one starts at `next` or later.
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
