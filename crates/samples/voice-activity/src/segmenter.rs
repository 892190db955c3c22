//! Turns scores into segments: hysteresis, a minimum length of speech and of pauses, a maximum length of
//! segments, and padding. The settings have the meaning that they have in Silero VAD.
//!
//! Times are counted in samples at the rate of the detector.

mod stretch;

use std::mem;

use self::stretch::Stretch;
use crate::detector::{FRAME, RATE};

/// How far the score may fall below the threshold before speech ends.
///
/// This hysteresis keeps a fluctuating score from cutting words.
const HYSTERESIS: f64 = 0.15;

/// The lowest score that continues speech.
const LOWEST: f64 = 0.01;

/// The settings of a segmenter; times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The score at which speech begins, from 0 to 1.
    pub threshold: f64,
    /// Segments with less speech are dropped.
    pub min_speech: u32,
    /// The maximum length of a segment with its padding.
    pub max_speech: Option<u32>,
    /// Shorter pauses do not end a segment.
    pub min_silence: u32,
    /// The padding on both sides.
    pub pad: u32,
    /// The delay of the scores at the beginning of speech; spans begin earlier by as much.
    pub delay: u32,
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
    /// The score that speech reaches at least once.
    certain: f64,
    min_speech: u64,
    /// The maximum length without padding.
    max_speech: u64,
    min_silence: u64,
    pad: u64,
    delay: u64,
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

impl Segmenter {
    /// Creates a segmenter for a new recording.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let (pad, delay) = (samples(settings.pad), samples(settings.delay));
        Self {
            threshold: settings.threshold,
            certain: settings.threshold.midpoint(1.0),
            min_speech: samples(settings.min_speech),
            max_speech: settings
                .max_speech
                .map_or(u64::MAX, samples)
                .saturating_sub(2 * pad + delay),
            min_silence: samples(settings.min_silence),
            pad,
            delay,
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
        let level = if self.speaking {
            (self.threshold - HYSTERESIS).max(LOWEST).min(self.threshold)
        } else {
            self.threshold
        };
        self.speaking = score >= level;
        if self.speaking { self.speech(start, score) } else { self.pause() }
    }

    /// Ends the recording and returns its last span.
    pub fn finish(&mut self) -> Option<Span> {
        let last = self.open.take().filter(|stretch| self.is_speech(stretch));
        let last = last.or(self.closed.take())?;
        let mut span = self.settle(&last, u64::MAX);
        span.end = span.end.min(self.now);
        Some(span)
    }

    /// Whether a stretch is certain to be speech.
    fn is_speech(&self, stretch: &Stretch) -> bool {
        stretch.has(self.min_speech, self.certain)
    }

    fn speech(&mut self, start: u64, score: f64) -> Option<Span> {
        let is_too_long = |stretch: &mut Stretch| {
            self.now - stretch.start() > self.max_speech && stretch.start() < start
        };
        let part = self.open.take_if(is_too_long).and_then(|stretch| self.split(stretch, start));
        let next = self.extend(start, score);
        part.or(next)
    }

    /// Adds a frame of speech to the current stretch.
    fn extend(&mut self, start: u64, score: f64) -> Option<Span> {
        let stretch = self.open.get_or_insert_with(|| Stretch::new(start));
        let was_speech = stretch.has(self.min_speech, self.certain);
        stretch.extend(start, self.now, score);
        if was_speech || !stretch.has(self.min_speech, self.certain) {
            return None;
        }
        // From here on this stretch is certain to become a span, which limits the previous one.
        let next = stretch.start();
        let before = self.closed.take()?;
        Some(self.settle(&before, next))
    }

    /// Splits a stretch that the frame at `start` would make too long.
    fn split(&mut self, stretch: Stretch, start: u64) -> Option<Span> {
        let is_speech = self.is_speech(&stretch);
        let (part, rest) = stretch.split(start);
        let rest = self.open.insert(if is_speech { rest } else { rest.restart() }).start();
        is_speech.then(|| self.settle(&part, rest))
    }

    fn pause(&mut self) -> Option<Span> {
        let is_over = |stretch: &mut Stretch| self.now - stretch.end() >= self.min_silence;
        if let Some(over) = self.open.take_if(is_over) {
            self.closed = Some(over).filter(|over| self.is_speech(over)).or(self.closed.take());
        }
        let free = self.open.as_ref().map_or(self.now, Stretch::start);
        let closed = self.closed.take_if(|closed| free >= closed.end() + 2 * self.pad)?;
        Some(self.settle(&closed, free))
    }

    /// Pads a stretch, if the next one starts at `next` or later.
    fn settle(&mut self, stretch: &Stretch, next: u64) -> Span {
        let end = stretch.end() + self.pad.min((next - stretch.end()) / 2);
        let floor = mem::replace(&mut self.floor, end);
        Span {
            start: stretch.start().saturating_sub(self.pad + self.delay).max(floor),
            end,
            confidence: stretch.confidence(),
        }
    }
}

fn samples(milliseconds: u32) -> u64 {
    u64::from(milliseconds) * u64::from(RATE) / 1000
}

#[cfg(test)]
mod tests;
