//! The pipeline from a file to its segments.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use universal_worker_plugin::schemars;

use crate::audio::{AudioError, Recording};
use crate::detector::{Detector, RATE};
use crate::segmenter::{Segmenter, Settings, Span};

/// A part of a recording that contains speech.
///
/// Segments are in order of time and do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Segment {
    /// The start in seconds from the beginning of the file.
    pub start: f64,
    /// The end in seconds from the beginning of the file.
    pub end: f64,
    /// The mean confidence of the detector, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: f64,
}

/// Processes a file frame by frame. Each item is one frame of 32 ms, with the segment that became final by
/// it, if any. If the file breaks off, the last item is the error.
///
/// Between two frames the caller can stop or report progress.
pub struct Listening {
    recording: Recording,
    detector: Detector,
    segmenter: Segmenter,
    ended: bool,
    /// Why the file ended early, until it is reported.
    broken: Option<AudioError>,
}

impl Listening {
    /// Opens a file.
    ///
    /// # Errors
    /// If the file does not exist or cannot be decoded.
    pub fn begin(file: &Path, settings: Settings) -> Result<Self, AudioError> {
        Ok(Self {
            recording: Recording::open(file)?,
            detector: Detector::new(),
            segmenter: Segmenter::new(settings),
            ended: false,
            broken: None,
        })
    }

    /// The recording that is processed.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Returns the recording.
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
        if self.ended {
            return self.broken.take().map(Err);
        }
        let span = match self.recording.next() {
            Some(Ok(frame)) => self.segmenter.push(self.detector.score(&frame)),
            end => {
                self.ended = true;
                self.broken = end.and_then(Result::err);
                self.segmenter.finish()
            }
        };
        Some(Ok(span.map(|span| self.segment(span))))
    }
}

/// Rounds to thousandths.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
