//! Speech with its pauses, and the place where it is best split.

use std::collections::VecDeque;
use std::mem;

use crate::detector::RATE;

/// The shortest pause that is preferred to a cut at the maximum length: 98 ms, as in Silero VAD.
const SPLIT_PAUSE: u64 = RATE as u64 * 98 / 1000;

/// Speech with its pauses, without padding; times are in samples.
pub(super) struct Stretch {
    start: u64,
    end: u64,
    /// The speech up to its end, with parts that were split off.
    speech: Speech,
    /// The speech in these parts.
    before: Speech,
    /// The highest score.
    peak: f64,
    /// Whether it continues speech that was split, so that it is kept however short it is.
    continues: bool,
    /// The pauses at which it may be split: each is longer than all later ones.
    pauses: VecDeque<Pause>,
}

struct Pause {
    start: u64,
    end: u64,
    /// The speech before it.
    before: Speech,
}

/// An amount of speech.
#[derive(Clone, Copy, Default)]
struct Speech {
    samples: u64,
    frames: u32,
    /// The sum of the scores of its frames.
    scores: f64,
}

impl Stretch {
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            end: start,
            speech: Speech::default(),
            before: Speech::default(),
            peak: 0.0,
            continues: false,
            pauses: VecDeque::new(),
        }
    }

    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The mean score of its speech.
    pub(super) fn confidence(&self) -> f64 {
        let frames = self.speech.frames - self.before.frames;
        (self.speech.scores - self.before.scores) / f64::from(frames)
    }

    /// Whether it has a number of samples of speech, pauses not counted, and a score in all of it.
    pub(super) fn has(&self, samples: u64, score: f64) -> bool {
        let speech = self.speech.samples - self.before.samples;
        speech > 0 && (self.continues || (speech >= samples && self.peak >= score))
    }

    /// Adds a frame of speech after a pause of any length.
    pub(super) fn extend(&mut self, start: u64, end: u64, score: f64) {
        let pause = Pause { start: self.end, end: start, before: self.speech };
        if pause.length() >= SPLIT_PAUSE {
            while self.pauses.pop_back_if(|last| last.length() <= pause.length()).is_some() {}
            self.pauses.push_back(pause);
        }
        self.end = end;
        self.peak = self.peak.max(score);
        self.speech.samples += end - start;
        self.speech.frames += 1;
        self.speech.scores += score;
    }

    /// Splits it at its longest pause, which may be the one that ends at `now`; if it has none, there.
    pub(super) fn split(mut self, now: u64) -> (Self, Self) {
        let current = Pause { start: self.end, end: now, before: self.speech };
        while self.pauses.pop_back_if(|last| last.length() <= current.length()).is_some() {}
        let pause = self.pauses.pop_front().unwrap_or(current);
        let rest = Self {
            start: pause.end,
            end: self.end.max(pause.end),
            speech: self.speech,
            before: pause.before,
            peak: self.peak,
            continues: true,
            pauses: mem::take(&mut self.pauses),
        };
        (Self { end: pause.start, speech: pause.before, ..self }, rest)
    }

    /// Counts it as a beginning, as if nothing was split.
    pub(super) fn restart(self) -> Self {
        Self { continues: false, ..self }
    }
}

impl Pause {
    fn length(&self) -> u64 {
        self.end - self.start
    }
}
