//! The tables in Markdown.

mod markdown;
mod silence;
mod speech;

use std::collections::BTreeSet;

use universal_worker_voice_bench::judge::Tally;

use self::markdown::{number, row, rule};
use crate::outcome::{OURS, Outcome};
use crate::peers::Peers;

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

impl Tables<'_> {
    fn tally(&self, detector: &str, is: impl Fn(&Outcome) -> bool) -> Tally {
        let mut tally = Tally::default();
        let outcomes = self.outcomes.iter().filter(|outcome| is(outcome));
        outcomes.for_each(|outcome| outcome.add_to(&mut tally, detector));
        tally
    }
}

fn print_speed(ours: f64, peers: Option<&Peers>) {
    println!("\n## Speed: seconds of audio in a second of one core\n");
    row("detector", &["seconds".to_owned()]);
    rule(0, 1);
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
    let names: BTreeSet<&str> =
        outcomes.iter().flat_map(|outcome| outcome.segments.keys()).map(String::as_str).collect();
    let others = names.into_iter().filter(|name| *name != OURS);
    [OURS].into_iter().chain(others).collect()
}
