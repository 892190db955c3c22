//! The tables of speech in noise.

use universal_worker_voice_bench::corpus::{Case, RATIOS, ratio_name};
use universal_worker_voice_bench::judge::Tally;
use universal_worker_voice_bench::noise::{NOISES, Noise};
use universal_worker_voice_bench::voice::{VOICES, Voice};

use super::Tables;
use super::markdown::{number, percent, row, rule};

/// The columns of a table of speech.
const COLUMNS: [&str; 9] = [
    "speech found, %",
    "precision, %",
    "false s/h",
    "false s/h, strict",
    "utterances met, %",
    "boundary error, median ms",
    "90 % below, ms",
    "start late by, ms",
    "end late by, ms",
];

/// A kind of noise (or none), and a ratio.
type Around = Option<(Noise, i8)>;

impl Tables<'_> {
    pub(super) fn ratios(&self) {
        println!("## Speech in all noises but babble, by signal-to-noise ratio\n");
        self.head("noise");
        self.speech_rows("none", |_, noise| noise.is_none());
        for ratio in RATIOS {
            self.speech_rows(&ratio_name(ratio), |_, noise| {
                noise.is_some_and(|(noise, other)| other == ratio && !noise.is_speech())
            });
        }
    }

    pub(super) fn voices(&self) {
        println!("\n## Speech in no noise or at 0 dB and above, by voice\n");
        self.head("voice");
        for voice in VOICES {
            self.speech_rows(&voice.to_string(), |other, noise| {
                other == voice
                    && noise.is_none_or(|(noise, ratio)| ratio >= 0 && !noise.is_speech())
            });
        }
    }

    pub(super) fn noises(&self) {
        println!("\n## Speech at 0 dB and above, by noise\n");
        self.head("noise");
        for noise in NOISES {
            self.speech_rows(&noise.to_string(), |_, around: Around| {
                around.is_some_and(|(other, ratio)| other == noise && ratio >= 0)
            });
        }
    }

    /// What is found of the speech, by noise and ratio.
    pub(super) fn matrix(&self) {
        let ratios = RATIOS.map(ratio_name);
        println!("\n## Speech found in %: {}\n", self.detectors.join(" / "));
        row("noise", &ratios);
        rule(0, RATIOS.len());
        for noise in NOISES {
            let cells = RATIOS.map(|ratio| {
                let found = |detector: &&str| {
                    let is = |_, around: Around| around == Some((noise, ratio));
                    percent(self.speech(detector, is).recall())
                };
                self.detectors.iter().map(found).collect::<Vec<_>>().join(" / ")
            });
            row(&noise.to_string(), &cells);
        }
    }

    fn head(&self, first: &str) {
        let mut columns = vec!["detector".to_owned()];
        columns.extend(COLUMNS.map(str::to_owned));
        row(first, &columns);
        rule(1, COLUMNS.len());
    }

    /// A row for each detector, unless the corpus has no such scene.
    fn speech_rows(&self, name: &str, is: impl Fn(Voice, Around) -> bool + Copy) {
        for (place, detector) in self.detectors.iter().enumerate() {
            let tally = self.speech(detector, is);
            if tally.seconds() == 0.0 {
                return;
            }
            let mut cells = vec![(*detector).to_owned()];
            cells.extend(speech_cells(&tally));
            row(if place == 0 { name } else { "" }, &cells);
        }
    }

    fn speech(&self, detector: &str, is: impl Fn(Voice, Around) -> bool) -> Tally {
        self.tally(detector, |outcome| match outcome.case() {
            Some(Case::Speech(voice, noise)) => is(voice, noise),
            _ => false,
        })
    }
}

fn speech_cells(tally: &Tally) -> [String; 9] {
    let [start, end] = tally.median_delay();
    let per_hour = |share: f64| number(share * 3600.0, 0);
    [
        percent(tally.recall()),
        percent(tally.precision()),
        per_hour(tally.false_share()),
        per_hour(tally.strict_false_share()),
        percent(tally.matched()),
        number(tally.boundary_error(0.5) * 1000.0, 0),
        number(tally.boundary_error(0.9) * 1000.0, 0),
        number(start * 1000.0, 0),
        number(end * 1000.0, 0),
    ]
}
