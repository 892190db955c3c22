//! Finds speech in audio files: the first stage of every transcription pipeline, as a plugin of
//! the universal worker.
//!
//! From the file to its segments, each stage knows only the one before it:
//! [`audio`] decodes, mixes and resamples; [`detector`] scores 16 ms at a time; [`segmenter`] turns
//! scores into stretches of speech; [`listening`] puts the three in a row.
//! What is left for this file is what makes a plugin of it: config, arguments, result, progress,
//! cancel, and errors in a caller's words.

#![forbid(unsafe_code)]

pub mod audio;
pub mod config;
pub mod detector;
mod level;
pub mod listening;
pub mod segmenter;

use std::path::Path;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use universal_worker_plugin::Category;
use universal_worker_plugin::Context;
use universal_worker_plugin::Plugin;
use universal_worker_plugin::PluginError;
use universal_worker_plugin::schemars;

use self::audio::AudioError;
use self::audio::Reason;
use self::audio::Recording;
use self::config::Config;
use self::listening::Listening;
use self::listening::Segment;
use self::listening::thousandths;
use self::segmenter::Settings;

/// Finds speech in audio files.
pub struct VoiceActivity {
    settings: Settings,
}

/// The arguments of [`VoiceActivity`].
#[derive(Deserialize, JsonSchema)]
pub struct Args {
    /// The path of a file: WAV, FLAC, Ogg Vorbis or MP3, of any sample rate, channels and length.
    pub audio: PathBuf,
}

/// What [`VoiceActivity`] found in a file; its stream has a [`Segment`] a line instead.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file's length in seconds.
    pub duration: f64,
    /// The file's sample rate in Hz.
    pub sample_rate: u32,
    /// The length of all segments together in seconds.
    pub speech_seconds: f64,
    /// Where there is speech, in order of time.
    pub segments: Vec<Segment>,
}

impl Plugin for VoiceActivity {
    type Config = Config;
    type Args = Args;
    type Output = Report;

    const DESCRIPTION: &'static str =
        "Finds the segments of an audio file in which somebody speaks.";

    fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self { settings: config.accept()? })
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<Report, PluginError> {
        let mut segments: Vec<Segment> = Vec::new();
        let recording = self.listen(&args.audio, cx, |segment| {
            segments.push(segment);
            Ok(())
        })?;
        let speech = segments.iter().fold(0.0, |sum, segment| sum + segment.end - segment.start);
        Ok(Report {
            duration: thousandths(recording.seconds()),
            sample_rate: recording.sample_rate(),
            speech_seconds: thousandths(speech),
            segments,
        })
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        self.listen(&args.audio, cx, |segment| cx.emit(&segment)).map(drop)
    }
}

impl VoiceActivity {
    /// Listens to a whole file, and hands over each segment as soon as it is certain.
    fn listen(
        &self,
        file: &Path,
        cx: &Context,
        mut found: impl FnMut(Segment) -> Result<(), PluginError>,
    ) -> Result<Recording, PluginError> {
        let mut listening = Listening::begin(file, self.settings).map_err(refusal)?;
        let mut next_told = 0.0;
        while let Some(heard) = listening.next() {
            cx.check_cancelled()?;
            if let Some(segment) = heard.map_err(refusal)? {
                found(segment)?;
            }
            let recording = listening.recording();
            if recording.seconds() >= next_told {
                tell(cx, recording);
                next_told = recording.seconds() + 1.0;
            }
        }
        let recording = listening.into_recording();
        cx.status(1.0, &format!("{:.1} s decoded", recording.seconds()));
        cx.usage(&Usage { audio_seconds: recording.seconds() })?;
        Ok(recording)
    }
}

/// What a run's account says of it.
#[derive(Serialize)]
struct Usage {
    audio_seconds: f64,
}

/// Tells how far a recording is decoded.
fn tell(cx: &Context, recording: &Recording) {
    let seconds = recording.seconds();
    match recording.expected_seconds() {
        Some(expected) if expected > 0.0 => {
            let message = format!("{seconds:.1} of {expected:.1} s decoded");
            cx.status((seconds / expected).min(1.0), &message);
        }
        _ => cx.status(-1.0, &format!("{seconds:.1} s decoded")),
    }
}

/// An error of a file in the terms of the caller who named it.
fn refusal(error: AudioError) -> PluginError {
    if matches!(error.reason, Reason::Read { .. }) {
        return PluginError::from(error);
    }
    let why = error.reason.to_string();
    PluginError::from(error).category(Category::UserInput).field("audio", why)
}

#[cfg(feature = "export")]
universal_worker_plugin::export_plugins!(VoiceActivity);
