//! The measurements behind `cargo xtask bench voice`: the plugin `voice-activity` beside other detectors of
//! speech, on the corpus of this package.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints tables")]
#![allow(clippy::disallowed_methods, reason = "it reads arguments")]

mod options;
mod outcome;
mod peers;
mod speed;
mod tables;

use std::env;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use crate::options::{Options, USAGE};
use crate::peers::Peers;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(options) = Options::parse(&args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("universal-worker-voice-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(&options.folder)?;
    let mut outcomes = outcome::of_scenes(options.extent, &options.folder)?;
    if let Some(sounds) = &options.sounds {
        outcomes.extend(outcome::of_sounds(sounds, &options.folder)?);
    }
    let speed = speed::measure(&options.folder)?;
    let peers = options.python.as_ref().and_then(|python| {
        Peers::run(python, &options.folder, &outcomes)
            .inspect_err(|why| eprintln!("without other detectors: {why}"))
            .ok()
    });
    if let Some(peers) = &peers {
        peers.add_segments(&mut outcomes);
    }
    outcome::write_list(&outcomes, &options.folder)?;
    tables::print(&outcomes, speed, peers.as_ref());
    Ok(())
}
