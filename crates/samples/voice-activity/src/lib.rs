//! Finds speech in audio files: the first stage of a transcription pipeline, as a universal-worker
//! plugin.
//!
//! Each stage depends only on the previous one: [`audio`] decodes, mixes and resamples; [`detector`]
//! scores frames of 32 ms; [`segmenter`] turns scores into segments; [`listening`] combines the three.
//! This file makes a plugin of them: config, arguments, result, progress, cancellation and errors.

#![allow(missing_debug_implementations, reason = "its neural network has none")]
#![forbid(unsafe_code)]

pub mod audio;
pub mod config;
pub mod detector;
mod frame;
pub mod listening;
pub mod segmenter;

use std::error::Error;
use std::iter;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use universal_worker_plugin::{Category, Context, PathArg, Plugin, PluginError, schemars};

use self::audio::{AudioError, Reason, Recording};
use self::config::Config;
use self::listening::{Listening, Segment, thousandths};
use self::segmenter::Settings;

/// Finds speech in audio files.
pub struct VoiceActivity {
    settings: Settings,
}

/// The arguments of [`VoiceActivity`].
#[derive(Deserialize, JsonSchema)]
pub struct Args {
    /// The path of an audio file, of any sample rate, channels and length.
    pub audio: PathArg,

    /// Whether a file that breaks off is an error. Otherwise, the result has the speech before the break,
    /// and `truncated_at`.
    #[serde(default)]
    pub strict: bool,
}

/// The result of [`VoiceActivity`]; a stream emits each [`Segment`] instead.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The length of the file in seconds.
    pub duration: f64,
    /// The sample rate of the file in Hz.
    pub sample_rate: u32,
    /// The total length of all segments in seconds.
    pub speech_seconds: f64,
    /// The segments with speech, in order of time.
    pub segments: Vec<Segment>,
    /// Where the file breaks off, if it does.
    #[serde(flatten)]
    pub truncation: Option<Truncation>,
}

/// The place where a file breaks off, because it is truncated or damaged; the last line of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Truncation {
    /// The number of seconds that could be decoded.
    pub truncated_at: f64,
    /// What is wrong with the file.
    pub reason: String,
}

impl Plugin for VoiceActivity {
    type Config = Config;
    type Args = Args;
    type Output = Report;

    const DESCRIPTION: &'static str = "Finds the segments of an audio file that contain speech.";

    fn initialize(config: Config, _cx: &Context) -> Result<Self, PluginError> {
        Ok(Self { settings: config.accept()? })
    }

    fn execute(&self, args: Args, cx: &Context) -> Result<Report, PluginError> {
        let mut segments: Vec<Segment> = Vec::new();
        let (recording, truncation) = self.listen(&args, cx, |segment| {
            segments.push(segment);
            Ok(())
        })?;
        let speech = segments.iter().fold(0.0, |sum, segment| sum + segment.end - segment.start);
        Ok(Report {
            duration: thousandths(recording.seconds()),
            sample_rate: recording.sample_rate(),
            speech_seconds: thousandths(speech),
            segments,
            truncation,
        })
    }

    fn execute_stream(&self, args: Args, cx: &Context) -> Result<(), PluginError> {
        match self.listen(&args, cx, |segment| cx.emit(&segment))? {
            (_, Some(truncation)) => cx.emit(&truncation),
            _ => Ok(()),
        }
    }
}

impl VoiceActivity {
    /// Processes a whole file, and passes on each segment as soon as it is final.
    fn listen(
        &self,
        args: &Args,
        cx: &Context,
        mut on_segment: impl FnMut(Segment) -> Result<(), PluginError>,
    ) -> Result<(Recording, Option<Truncation>), PluginError> {
        let mut listening = Listening::begin(&args.audio, self.settings).map_err(plugin_error)?;
        let mut next_report = 0.0;
        let mut truncation = None;
        while let Some(result) = listening.next() {
            cx.check_cancelled()?;
            match result {
                Ok(Some(segment)) => on_segment(segment)?,
                Ok(None) => {}
                Err(error) => truncation = Some(tolerate(error, args.strict)?),
            }
            let recording = listening.recording();
            if recording.seconds() >= next_report {
                report(cx, recording);
                next_report = recording.seconds() + 1.0;
            }
        }
        let recording = listening.into_recording();
        cx.status(1.0, &format!("{:.1} s decoded", recording.seconds()));
        cx.usage(&Usage { audio_seconds: recording.seconds() })?;
        Ok((recording, truncation))
    }
}

/// Turns an error into a part of the result, if the file has a valid part and the caller takes that.
fn tolerate(error: AudioError, strict: bool) -> Result<Truncation, PluginError> {
    match error.reason.breaks_at() {
        Some(seconds) if !strict => Ok(Truncation {
            truncated_at: thousandths(seconds),
            reason: with_causes(&error.reason),
        }),
        _ => Err(plugin_error(error)),
    }
}

/// The usage figures of a run.
#[derive(Serialize)]
struct Usage {
    audio_seconds: f64,
}

/// Reports how far a recording is decoded.
fn report(cx: &Context, recording: &Recording) {
    let seconds = recording.seconds();
    match recording.expected_seconds() {
        Some(expected) if expected > 0.0 => {
            let message = format!("{seconds:.1} of {expected:.1} s decoded");
            cx.status((seconds / expected).min(1.0), &message);
        }
        _ => cx.status(-1.0, &format!("{seconds:.1} s decoded")),
    }
}

/// Turns an error of a file into an error of the caller, who chose the file.
fn plugin_error(error: AudioError) -> PluginError {
    if matches!(error.reason, Reason::Read { .. }) {
        return PluginError::from(error);
    }
    let reason = with_causes(&error.reason);
    PluginError::from(error).category(Category::UserInput).field("audio", reason)
}

/// The text of a reason with its causes.
fn with_causes(reason: &Reason) -> String {
    let causes = iter::successors(reason.source(), |cause: &&dyn Error| (*cause).source());
    causes.fold(reason.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(feature = "export")]
universal_worker_plugin::export_plugins!(VoiceActivity);
