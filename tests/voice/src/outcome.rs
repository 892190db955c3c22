//! Runs the plugin on the corpus.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use universal_worker_voice_bench::corpus::{Case, Extent, cases};
use universal_worker_voice_bench::detector::{decode, segments_in, write_wav};
use universal_worker_voice_bench::judge::{Span, Tally};
use universal_worker_voice_bench::scene::Scene;

/// The name of the plugin in the tables.
pub(crate) const OURS: &str = "voice-activity";

/// What a scene is.
pub(crate) enum Subject {
    /// A scene of the corpus.
    Case(Case),
    /// A file in which nobody speaks.
    Sound(String),
}

/// The segments that were found in one scene.
pub(crate) struct Outcome {
    pub(crate) subject: Subject,
    /// The name of its WAV file.
    pub(crate) file: String,
    pub(crate) truth: Vec<bool>,
    /// By the name of the detector.
    pub(crate) segments: BTreeMap<String, Vec<Span>>,
}

impl Outcome {
    fn new(subject: Subject, scene: &Scene, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let file = format!("{}.wav", file_name(&subject.to_string()));
        write_wav(&folder.join(&file), &scene.samples)?;
        let segments = segments_in(&folder.join(&file))?;
        let spans = segments.iter().map(|segment| Span { start: segment.start, end: segment.end });
        let segments = BTreeMap::from([(OURS.to_owned(), spans.collect())]);
        Ok(Self { subject, file, truth: scene.truth.clone(), segments })
    }

    /// The case of the corpus, unless it is another sound.
    pub(crate) fn case(&self) -> Option<Case> {
        match self.subject {
            Subject::Case(case) => Some(case),
            Subject::Sound(_) => None,
        }
    }

    /// Adds the result of a detector to a sum.
    pub(crate) fn add_to(&self, tally: &mut Tally, detector: &str) {
        let Some(segments) = self.segments.get(detector) else { return };
        match self.subject {
            Subject::Case(Case::Speech(_, Some((noise, _)))) if noise.is_speech() => {
                tally.add_found(&self.truth, segments);
            }
            _ => tally.add(&self.truth, segments),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(case) => write!(f, "{case}"),
            Self::Sound(name) => write!(f, "sound {name}"),
        }
    }
}

/// Makes the scenes of the corpus in a folder, and runs the plugin on them.
pub(crate) fn of_scenes(extent: Extent, folder: &Path) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let cases = cases(extent);
    let outcomes = in_parallel(&cases, |case| {
        Outcome::new(Subject::Case(*case), &case.scene(), folder).map_err(|error| error.to_string())
    })?;
    Ok(outcomes)
}

/// Runs the plugin on the FLAC files of a folder, decoded to 16 kHz as for the other detectors.
pub(crate) fn of_sounds(sounds: &Path, folder: &Path) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let entries = fs::read_dir(sounds)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "flac"));
    files.sort();
    let outcomes = in_parallel(&files, |file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scene = Scene::without_speech(decode(file).map_err(|error| error.to_string())?);
        Outcome::new(Subject::Sound(name), &scene, folder).map_err(|error| error.to_string())
    })?;
    Ok(outcomes)
}

/// Maps items on all cores, in their order.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    map: impl Fn(&T) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let next = Mutex::new(items.iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        loop {
            let item = next.lock().expect("no thread panics with the lock").next();
            let Some((place, item)) = item else { return done };
            done.push((place, map(item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("no panic");
        threads.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

fn file_name(subject: &str) -> String {
    let kept = |letter: char| {
        if letter.is_alphanumeric() || "+-_.".contains(letter) { letter } else { '_' }
    };
    subject.chars().map(kept).collect()
}

/// Writes the result of each detector on each scene as tab-separated values.
pub(crate) fn write_list(outcomes: &[Outcome], folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut list = "scene\tdetector\tfound %\tfalse s\tseconds\tsegments\n".to_owned();
    for outcome in outcomes {
        for (detector, segments) in &outcome.segments {
            let mut tally = Tally::default();
            outcome.add_to(&mut tally, detector);
            let (found, wrong) = (tally.recall() * 100.0, tally.false_seconds());
            let seconds = tally.seconds();
            write!(
                list,
                "{}\t{detector}\t{found:.1}\t{wrong:.2}\t{seconds:.2}\t",
                outcome.subject
            )?;
            let segments = segments.iter().map(|span| format!("{:.2}-{:.2}", span.start, span.end));
            writeln!(list, "{}", segments.collect::<Vec<_>>().join(" "))?;
        }
    }
    fs::write(folder.join("list.tsv"), list)?;
    Ok(())
}
