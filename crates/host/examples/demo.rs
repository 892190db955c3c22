//! Finds speech in a recording with a plugin that runs in its own process.
//!
//! `cargo xtask demo` builds the worker and the plugin, and runs this:
//!
//! ```text
//! demo --dist DIR [AUDIO.wav]
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that reads arguments and prints"
)]

#[path = "demo/picture.rs"]
mod picture;
#[path = "demo/progress.rs"]
mod progress;
#[path = "demo/recording.rs"]
mod recording;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use universal_worker_host::{Client, Worker, WorkerCommand};

use crate::picture::Picture;
use crate::progress::Bar;
use crate::recording::Recording;

/// A segment of speech, as the plugin emits it.
#[derive(Debug, Deserialize)]
pub(crate) struct Segment {
    /// Start, in seconds.
    pub(crate) start: f64,
    /// End, in seconds.
    pub(crate) end: f64,
    /// Confidence of the detector, from 0 to 1.
    pub(crate) confidence: f64,
}

#[derive(Debug)]
struct Arguments {
    dist: PathBuf,
    audio: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> Result<(), Box<dyn Error>> {
    let Arguments { dist, audio } = arguments()?;
    let recording = Recording::read(&audio)?;

    let started_at = Instant::now();
    let mut worker = WorkerCommand::new(dist.join("universal-worker"), "voice-activity")
        .class("VoiceActivity")
        .plugin_dir(dist.join("plugins"))
        .start()
        .await?;
    print_announcement(&worker, started_at)?;

    println!("\n{} ({:.1} s)\n", file_name(&audio), recording.seconds());
    let segments = find_speech(worker.client(), &audio).await?;
    println!("\n{}", Picture::new(&recording, &segments));
    print_summary(&recording, &segments);

    let stats = worker.client().stats().await?;
    println!(
        "worker {}: {:.1} MiB resident, {} threads, runs finished: {}",
        stats.pid,
        stats.memory_rss_mb.unwrap_or_default(),
        stats.threads.unwrap_or_default(),
        stats.runs.finished
    );
    let exit = worker.stop().await?;
    println!("{exit}; {}", leftovers(worker.pid()));
    if exit.success() { Ok(()) } else { Err(exit.stderr.into()) }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut dist = root.join("target/dist");
    let mut audio = root.join("crates/samples/voice-activity/audio/librivox-0870.wav");
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--dist" {
            dist = words.next().ok_or("--dist needs a folder")?.into();
        } else {
            audio = word.into();
        }
    }
    if !dist.join("universal-worker").exists() {
        return Err(format!("{} has no worker: cargo xtask build makes it", dist.display()).into());
    }
    // The worker may have another working directory.
    let audio = audio.canonicalize().map_err(|error| format!("{}: {error}", audio.display()))?;
    Ok(Arguments { dist, audio })
}

fn print_announcement(worker: &Worker, started_at: Instant) -> Result<(), serde_json::Error> {
    let milliseconds = started_at.elapsed().as_secs_f64() * 1000.0;
    println!("{}", serde_json::to_string(worker.announcement())?);
    println!("announced {milliseconds:.0} ms after its start");
    Ok(())
}

/// Prints each segment when it arrives, and a progress bar meanwhile.
async fn find_speech(client: &Client, audio: &Path) -> Result<Vec<Segment>, Box<dyn Error>> {
    let args: [Value; 0] = [];
    let mut lines = client.execute_stream(&args, &json!({ "audio": audio })).await?;
    let mut bar = Bar::new(client.clone());
    let mut segments = Vec::new();
    loop {
        let next = tokio::select! {
            biased;
            next = lines.next::<Segment>() => next,
            () = bar.tick() => continue,
        };
        bar.clear();
        let Some(segment) = next else { break };
        let segment = segment?;
        println!(
            "  speech {:>6.2} s to {:>6.2} s   confidence {:.2}",
            segment.start, segment.end, segment.confidence
        );
        segments.push(segment);
    }
    Ok(segments)
}

fn print_summary(recording: &Recording, segments: &[Segment]) {
    let speech: f64 = segments.iter().map(|segment| segment.end - segment.start).sum();
    let share = 100.0 * speech / recording.seconds().max(f64::MIN_POSITIVE);
    let plural = if segments.len() == 1 { "" } else { "s" };
    let count = segments.len();
    println!("{speech:.1} s of speech in {count} segment{plural}, {share:.0} % of the recording\n");
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Whether the process of the worker is gone.
fn leftovers(pid: u32) -> &'static str {
    if Path::new("/proc").join(pid.to_string()).exists() {
        "but the process is still there"
    } else {
        "no process is left behind"
    }
}
