//! Runs the other detectors, which are Python packages.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use universal_worker_voice_bench::judge::Span;

use crate::outcome::Outcome;
use crate::speed::TEN_MINUTES;

/// The results of the other detectors.
#[derive(Deserialize)]
pub(crate) struct Peers {
    /// Seconds of audio for each second of one core, by the name of the detector.
    pub(crate) speed: BTreeMap<String, f64>,
    files: BTreeMap<String, Results>,
}

#[derive(Deserialize)]
struct Results {
    /// By the name of the detector.
    segments: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Peers {
    /// Runs them on the files of all outcomes.
    pub(crate) fn run(
        python: &Path,
        folder: &Path,
        outcomes: &[Outcome],
    ) -> Result<Self, Box<dyn Error>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/peers.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder)
            .arg(folder.join(TEN_MINUTES))
            .stdin(Stdio::piped())
            .spawn()?;
        let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.file.as_str()).collect();
        let mut stdin = child.stdin.take().ok_or("stdin was piped above")?;
        stdin.write_all(names.join("\n").as_bytes())?;
        drop(stdin);
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("the other detectors failed ({status})").into());
        }
        Ok(serde_json::from_str(&fs::read_to_string(folder.join("peers.json"))?)?)
    }

    /// Adds their segments to the outcomes.
    pub(crate) fn add_segments(&self, outcomes: &mut [Outcome]) {
        for outcome in outcomes {
            let Some(results) = self.files.get(&outcome.file) else { continue };
            for (detector, segments) in &results.segments {
                let spans = segments.iter().map(|(start, end)| Span { start: *start, end: *end });
                outcome.segments.insert(detector.clone(), spans.collect());
            }
        }
    }
}
