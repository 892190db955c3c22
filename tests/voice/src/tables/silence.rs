//! The tables of noise and sounds without speech.

use universal_worker_voice_bench::corpus::{Case, LEVELS};
use universal_worker_voice_bench::judge::Tally;
use universal_worker_voice_bench::noise::NOISES;

use super::Tables;
use super::markdown::{row, rule};
use crate::outcome::{OURS, Outcome, Subject};

/// The number of files that are listed for each detector.
const LISTED: usize = 20;

/// What of the package may be a human voice, as far as names and origins tell.
const VOICES: &str = "By their names, ambi_choir is a choir and misc_burp a person; bass_voxy_c, \
    bass_voxy_hit_c and tbd_voctone imitate a voice, and glitch_robot and mehackit_robot may.";

impl Tables<'_> {
    pub(super) fn noise_alone(&self) {
        println!("\n## Noise alone: seconds called speech\n");
        let mut columns = vec!["seconds of noise".to_owned()];
        columns.extend(self.detectors.iter().map(|name| (*name).to_owned()));
        columns.push(format!("{OURS} at"));
        row("noise", &columns);
        rule(0, columns.len());
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

    pub(super) fn sounds(&self) {
        println!("\n## Sounds without speech\n");
        let is_sound = |outcome: &Outcome| matches!(outcome.subject, Subject::Sound(_));
        let count = self.outcomes.iter().filter(|outcome| is_sound(outcome)).count();
        if count == 0 {
            println!("Not measured: the package with the sounds could not be fetched.");
            return;
        }
        let columns = ["seconds called speech", "of", "share, %", "files"].map(str::to_owned);
        row("detector", &columns);
        rule(0, columns.len());
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
            let mut list = self.wrong_sounds(detector);
            let more = list.len().saturating_sub(LISTED);
            list.truncate(LISTED);
            list.extend((more > 0).then(|| format!("and {more} more")));
            if !list.is_empty() {
                println!("{detector}: {}\n", list.join(", "));
            }
        }
        println!("{VOICES}\n");
    }

    /// The sounds in which a detector finds speech, with the seconds; the most first.
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
}
