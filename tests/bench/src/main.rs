//! The benchmark tables behind `cargo xtask bench`, in Markdown on stdout.
//!
//! All requests use the loopback interface, and every section is limited in number or time.
//! The servers are separate processes; this process generates the load.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints tables")]
#![allow(clippy::disallowed_methods, reason = "it reads arguments, and measures serde_json")]

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
use std::process::ExitCode;

use tokio::runtime;

const USAGE: &str = "\
usage: universal-worker-bench --dist DIR [--original PYTHON]
                              [start] [boundary] [echo] [control] [stream]
                              [ends] [json] [python]

DIR is the folder with universal-worker and plugins/ that `cargo xtask build`
wrote (json needs neither); without a section, all of them run;
PYTHON is an interpreter with the original worker, for the section python";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    // One thread for the load, like the bare server's one thread.
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        [bare::SUBCOMMAND] => runtime.block_on(bare::serve()),
        ["--dist", dist, "--original", python, ref sections @ ..] if are_known(sections) => {
            runtime.block_on(measure(Path::new(dist), Some(Path::new(python)), sections))
        }
        ["--dist", dist, ref sections @ ..] if are_known(sections) => {
            runtime.block_on(measure(Path::new(dist), None, sections))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    result.map_or_else(|error| failed(&*error), |()| ExitCode::SUCCESS)
}

const SECTIONS: [&str; 8] =
    ["start", "boundary", "echo", "control", "stream", "ends", "json", "python"];

fn are_known(sections: &[&str]) -> bool {
    sections.iter().all(|name| SECTIONS.contains(name))
}

async fn measure(
    dist: &Path,
    original: Option<&Path>,
    selected: &[&str],
) -> Result<(), Box<dyn Error>> {
    let is_selected = |section| selected.is_empty() || selected.contains(&section);
    if is_selected("start") {
        sections::start(dist).await?;
    }
    if is_selected("boundary") {
        sections::boundary(dist).await?;
    }
    if is_selected("echo") {
        sections::echo(dist).await?;
    }
    if is_selected("control") {
        sections::control(dist).await?;
    }
    if is_selected("stream") {
        sections::stream(dist).await?;
    }
    if is_selected("ends") {
        sections::ends(dist).await?;
    }
    if is_selected("json") {
        sections::json()?;
    }
    if is_selected("python") {
        sections::python(dist, original).await?;
    }
    Ok(())
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("universal-worker-bench: {error}");
    ExitCode::FAILURE
}
