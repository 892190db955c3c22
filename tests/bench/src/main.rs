//! The benchmark tables behind `cargo xtask bench`, in Markdown on stdout.
//!
//! What is served goes over the loopback interface, and every part is bounded in count or time.
//! The servers run in processes of their own; this one is the load.

mod bare;
mod client;
mod cpu;
mod figures;
mod load;
mod sections;
mod server;

use std::env;
use std::error::Error;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::runtime;

const USAGE: &str = "\
usage: universal-worker-bench --dist DIR [start] [boundary] [echo]
                              [control] [stream] [ends] [json]

DIR holds universal-worker and plugins/, as `cargo xtask build` leaves them
(json needs neither); without a section, all of them run";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    // One thread for the load, and one for the server that it is compared with.
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        [bare::SUBCOMMAND] => runtime.block_on(bare::serve()),
        ["--dist", dist, ref sections @ ..] if sections.iter().all(|it| SECTIONS.contains(it)) => {
            runtime.block_on(measure(&PathBuf::from(dist), sections))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.map_or_else(|error| failed(&*error), |()| ExitCode::SUCCESS)
}

const SECTIONS: [&str; 7] = ["start", "boundary", "echo", "control", "stream", "ends", "json"];

async fn measure(dist: &Path, asked: &[&str]) -> Result<(), Box<dyn Error>> {
    let wants = |section| asked.is_empty() || asked.contains(&section);
    if wants("start") {
        sections::start(dist).await?;
    }
    if wants("boundary") {
        sections::boundary(dist).await?;
    }
    if wants("echo") {
        sections::echo(dist).await?;
    }
    if wants("control") {
        sections::control(dist).await?;
    }
    if wants("stream") {
        sections::stream(dist).await?;
    }
    if wants("ends") {
        sections::ends(dist).await?;
    }
    if wants("json") {
        sections::json()?;
    }
    Ok(())
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("universal-worker-bench: {error}");
    ExitCode::FAILURE
}
