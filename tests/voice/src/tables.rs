//! The tables in Markdown.

use std::collections::BTreeMap;

use universal_worker_voice_bench::corpus::{Case, LEVELS, RATIOS, ratio_name};
use universal_worker_voice_bench::judge::Tally;
use universal_worker_voice_bench::noise::{NOISES, Noise};
use universal_worker_voice_bench::voice::{VOICES, Voice};

use crate::outcome::{OURS, Outcome, Subject};
use crate::peers::Peers;

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

/// Prints all tables.
pub(crate) fn print(outcomes: &[Outcome], speed: f64, peers: Option<&Peers>) {
    let tables = Tables { outcomes, detectors: detectors(outcomes) };
    tables.ratios();
    tables.voices();
    tables.noises();
    tables.matrix();
    tables.noise_alone();
    tables.sounds();
    print_speed(speed, peers);
}

struct Tables<'a> {
    outcomes: &'a [Outcome],
    /// The plugin first.
    detectors: Vec<&'a str>,
}

/// A kind of noise (or none), and a ratio.
type Around = Option<(Noise, i8)>;

impl Tables<'_> {
    fn ratios(&self) {
        println!("## Speech in all noises but babble, by signal-to-noise ratio\n");
        self.head("noise");
        self.speech_rows("none", |_, noise| noise.is_none());
        for ratio in RATIOS {
            self.speech_rows(&ratio_name(ratio), |_, noise| {
                noise.is_some_and(|(noise, other)| other == ratio && !noise.is_speech())
            });
        }
    }

    fn voices(&self) {
        println!("\n## Speech in no noise or at 0 dB and above, by voice\n");
        self.head("voice");
        for voice in VOICES {
            self.speech_rows(&voice.to_string(), |other, noise| {
                other == voice
                    && noise.is_none_or(|(noise, ratio)| ratio >= 0 && !noise.is_speech())
            });
        }
    }

    fn noises(&self) {
        println!("\n## Speech at 0 dB and above, by noise\n");
        self.head("noise");
        for noise in NOISES {
            self.speech_rows(&noise.to_string(), |_, around: Around| {
                around.is_some_and(|(other, ratio)| other == noise && ratio >= 0)
            });
        }
    }

    /// What is found of the speech, by noise and ratio.
    fn matrix(&self) {
        let ratios = RATIOS.map(ratio_name);
        println!("\n## Speech found in %: {}\n", self.detectors.join(" / "));
        row("noise", &ratios);
        row("---", &RATIOS.map(|_| "---:".to_owned()));
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

    fn noise_alone(&self) {
        println!("\n## Noise alone: seconds called speech\n");
        let mut columns = vec!["seconds of noise".to_owned()];
        columns.extend(self.detectors.iter().map(|name| (*name).to_owned()));
        columns.push(format!("{OURS} at"));
        row("noise", &columns);
        row("---", &columns.iter().map(|_| "---:".to_owned()).collect::<Vec<_>>());
        self.noise_row("digital silence", |case| case == Case::Silence);
        for noise in NOISES.iter().filter(|noise| !noise.is_speech()) {
            self.noise_row(
                &noise.to_string(),
                |case| matches!(case, Case::Noise(other, _) if other == *noise),
            );
        }
        self.noise_row("all", |case| !matches!(case, Case::Speech(..)));
    }

    fn noise_row(&self, name: &str, is: impl Fn(Case) -> bool) {
        let tally = |detector: &str, is: &dyn Fn(Case) -> bool| {
            self.tally(detector, |outcome| outcome.case().is_some_and(is))
        };
        let mut cells = vec![format!("{:.0}", tally(OURS, &is).seconds())];
        for detector in &self.detectors {
            cells.push(format!("{:.1}", tally(detector, &is).seconds_inside()));
        }
        let wrong = LEVELS.iter().filter(|level| {
            let at = |case| is(case) && matches!(case, Case::Noise(_, other) if other == **level);
            tally(OURS, &at).seconds_inside() > 0.0
        });
        let wrong: Vec<_> = wrong.map(|level| format!("{level} dB")).collect();
        cells.push(wrong.join(", "));
        row(name, &cells);
    }

    fn sounds(&self) {
        println!("\n## Sounds without speech\n");
        let is_sound = |outcome: &Outcome| matches!(outcome.subject, Subject::Sound(_));
        let count = self.outcomes.iter().filter(|outcome| is_sound(outcome)).count();
        if count == 0 {
            println!("Not measured: the package with the sounds could not be fetched.");
            return;
        }
        let columns = ["seconds called speech", "of", "share, %", "files"].map(str::to_owned);
        row("detector", &columns);
        row("---", &columns.each_ref().map(|_| "---:".to_owned()));
        for detector in &self.detectors {
            let tally = self.tally(detector, is_sound);
            let wrong = self.wrong_sounds(detector).len();
            let cells = [
                format!("{:.1}", tally.seconds_inside()),
                format!("{:.1}", tally.seconds()),
                format!("{:.2}", tally.strict_false_share() * 100.0),
                format!("{wrong} of {count}"),
            ];
            row(detector, &cells);
        }
        println!();
        for detector in &self.detectors {
            let list = self.wrong_sounds(detector);
            if list.len() <= 60 {
                println!("{detector}: {}\n", list.join(", "));
            }
        }
    }

    /// The sounds in which a detector finds speech, with the seconds.
    fn wrong_sounds(&self, detector: &str) -> Vec<String> {
        let mut list = Vec::new();
        for outcome in self.outcomes {
            let Subject::Sound(name) = &outcome.subject else { continue };
            let mut tally = Tally::default();
            outcome.add_to(&mut tally, detector);
            if tally.seconds_inside() > 0.0 {
                list.push((tally.seconds_inside(), name));
            }
        }
        list.sort_by(|one, other| other.0.total_cmp(&one.0));
        list.iter().map(|(seconds, name)| format!("{name} {seconds:.1} s")).collect()
    }

    fn head(&self, first: &str) {
        let mut columns = vec!["detector".to_owned()];
        columns.extend(COLUMNS.map(str::to_owned));
        row(first, &columns);
        let mut line = vec!["---".to_owned()];
        line.extend(COLUMNS.map(|_| "---:".to_owned()));
        row("---", &line);
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

    fn tally(&self, detector: &str, is: impl Fn(&Outcome) -> bool) -> Tally {
        let mut tally = Tally::default();
        let outcomes = self.outcomes.iter().filter(|outcome| is(outcome));
        outcomes.for_each(|outcome| outcome.add_to(&mut tally, detector));
        tally
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

fn print_speed(ours: f64, peers: Option<&Peers>) {
    println!("## Speed: seconds of audio in a second of one core\n");
    row("detector", &["seconds".to_owned()]);
    row("---", &["---:".to_owned()]);
    row(OURS, &[number(ours, 0)]);
    for (detector, speed) in peers.iter().flat_map(|peers| &peers.speed) {
        row(detector, &[number(*speed, 0)]);
    }
    if peers.is_none() {
        println!("\nThe other detectors were not measured: their packages could not be installed.");
    }
}

/// The names of the detectors, the plugin's first.
fn detectors(outcomes: &[Outcome]) -> Vec<&str> {
    let names: BTreeMap<&str, ()> = outcomes
        .iter()
        .flat_map(|outcome| outcome.segments.keys())
        .map(|name| (&**name, ()))
        .collect();
    let others = names.into_keys().filter(|name| *name != OURS);
    [OURS].into_iter().chain(others).collect()
}

fn row(first: &str, cells: &[String]) {
    println!("| {first} | {} |", cells.join(" | "));
}

fn percent(fraction: f64) -> String {
    number(fraction * 100.0, 1)
}

/// A number; a dash if nothing was measured.
fn number(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { "–".to_owned() }
}
