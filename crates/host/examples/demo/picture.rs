//! Draws the loudness of a recording and marks the speech in it.

use std::fmt;

use crate::Segment;
use crate::recording::Recording;

/// Width in characters.
const COLUMNS: usize = 72;

/// Height in lines.
const ROWS: usize = 4;

/// Characters from an empty to a full cell.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Displays a recording and its speech.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    recording: &'a Recording,
    segments: &'a [Segment],
}

impl<'a> Picture<'a> {
    pub(crate) fn new(recording: &'a Recording, segments: &'a [Segment]) -> Self {
        Self { recording, segments }
    }

    /// The column of a point in time.
    fn column(&self, seconds: f64) -> f64 {
        seconds / self.recording.seconds().max(f64::MIN_POSITIVE) * COLUMNS as f64
    }

    fn is_speech(&self, column: usize) -> bool {
        let middle = column as f64 + 0.5;
        self.segments
            .iter()
            .any(|segment| (self.column(segment.start)..self.column(segment.end)).contains(&middle))
    }

    /// The time axis: a label for each second, or fewer if they do not fit.
    fn axis(&self) -> String {
        let mut axis = vec![' '; COLUMNS + 8];
        let step = (self.recording.seconds() / 9.0).ceil().max(1.0);
        let mut second = 0.0;
        while second <= self.recording.seconds() {
            let at = self.column(second) as usize;
            for (place, character) in axis[at..].iter_mut().zip(format!("{second:.0} s").chars()) {
                *place = character;
            }
            second += step;
        }
        axis.into_iter().collect::<String>().trim_end().to_owned()
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.recording.columns(COLUMNS);
        for row in (0..ROWS).rev() {
            let line: String = columns
                .iter()
                .map(|loudness| {
                    // The square root emphasizes quiet parts, as the ear does.
                    let filled = loudness.sqrt() * (ROWS * 8) as f32 - (row * 8) as f32;
                    LEVELS[(filled.round() as usize).min(8)]
                })
                .collect();
            writeln!(f, "  {}", line.trim_end())?;
        }
        let speech: String =
            (0..COLUMNS).map(|column| if self.is_speech(column) { '━' } else { ' ' }).collect();
        writeln!(f, "  {}", speech.trim_end())?;
        writeln!(f, "  {}", self.axis())
    }
}
