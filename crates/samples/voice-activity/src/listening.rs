//! The way from a file to its segments.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use universal_worker_plugin::schemars;

use crate::audio::AudioError;
use crate::audio::Recording;
use crate::detector::Detector;
use crate::detector::RATE;
use crate::segmenter::Segmenter;
use crate::segmenter::Settings;
use crate::segmenter::Span;

/// A stretch of a recording in which somebody speaks.
///
/// Segments come in order of time and do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Segment {
    /// Where it begins, in seconds from the beginning of the file.
    pub start: f64,
    /// Where it ends, in seconds from the beginning of the file.
    pub end: f64,
    /// How sure the detector is of its speech on average, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
}

/// A file that is listened to; each item is one frame (16 ms) of it, and the segment that this
/// frame made certain, if any.
///
/// Between two items only one frame is worked on: the caller can stop, or tell how far it is.
pub struct Listening {
    recording: Recording,
    detector: Detector,
    segmenter: Segmenter,
    ended: bool,
}

impl Listening {
    /// Opens a file.
    ///
    /// # Errors
    /// When there is no such file, or nothing in it that can be decoded.
    pub fn begin(file: &Path, settings: Settings) -> Result<Self, AudioError> {
        Ok(Self {
            recording: Recording::open(file)?,
            detector: Detector::new(),
            segmenter: Segmenter::new(settings),
            ended: false,
        })
    }

    /// What is listened to: its rate, how far it is, how long.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What was listened to.
    #[must_use]
    pub fn into_recording(self) -> Recording {
        self.recording
    }

    fn segment(&self, span: Span) -> Segment {
        let seconds = |samples| thousandths(samples as f64 / f64::from(RATE));
        Segment {
            start: seconds(span.start),
            end: seconds(span.end).min(thousandths(self.recording.seconds())),
            confidence: thousandths(span.confidence),
        }
    }
}

impl Iterator for Listening {
    type Item = Result<Option<Segment>, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        let span = match self.recording.next() {
            _ if self.ended => return None,
            Some(Ok(frame)) => self.segmenter.push(self.detector.score(&frame)),
            Some(Err(error)) => {
                self.ended = true;
                return Some(Err(error));
            }
            None => {
                self.ended = true;
                self.segmenter.finish()
            }
        };
        Some(Ok(span.map(|span| self.segment(span))))
    }
}

/// Rounds to thousandths: milliseconds of a time.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
