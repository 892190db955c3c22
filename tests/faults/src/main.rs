//! The table of faults behind `cargo xtask faults`: causes each fault several times, and observes
//! the worker from outside.
//!
//! The hosts are processes of this program, and are killed by SIGKILL.
//! This program is the subreaper of all processes below it, so it sees what a worker leaves behind.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints a table")]

mod fixture;
mod host;
mod python;
mod report;
mod row;
mod table;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: universal-worker-faults --dist DIR [--times N] [--within any]
                               [--write FILE] [WORDS]

DIR is the folder with universal-worker and plugins/ that `cargo xtask build`
wrote; each fault is caused N times (default 20), with `--within any` without
a time limit; WORDS select the rows with this text in their name;
FILE is a document, whose table is replaced";

struct Args {
    dist: PathBuf,
    times: usize,
    is_timed: bool,
    write: Option<PathBuf>,
    words: String,
}

#[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.split_first() {
        Some((first, rest)) if first == host::SUBCOMMAND => {
            host::run(rest).map(|()| ExitCode::SUCCESS)
        }
        _ => match parse(&args) {
            Some(args) => faults(&args),
            None => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
    };
    result.unwrap_or_else(|error| {
        eprintln!("universal-worker-faults: {error}");
        ExitCode::FAILURE
    })
}

fn parse(args: &[String]) -> Option<Args> {
    let (mut dist, mut times, mut is_timed, mut write) = (None, 20, true, None);
    let mut rest = args;
    while let [flag, value, more @ ..] = rest {
        match flag.as_str() {
            "--dist" => dist = Some(value.into()),
            "--times" => times = value.parse().ok()?,
            "--within" if value == "any" => is_timed = false,
            "--write" => write = Some(value.into()),
            _ => break,
        }
        rest = more;
    }
    // Only the whole table can be written.
    let words = rest.join(" ");
    let is_valid = times > 0 && (write.is_none() || words.is_empty() && is_timed);
    is_valid.then_some(Args { dist: dist?, times, is_timed, write, words })
}

fn faults(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // This thread blocks while it waits for a worker; the runtime's thread sends requests meanwhile.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut lines = vec![table::header()];
    println!("{}", table::header());
    let mut broken = Vec::new();
    let mut rows = table::rows();
    if !args.is_timed {
        rows.iter_mut().for_each(|row| row.promise.within = Duration::MAX);
    }
    rows.retain(|row| row.name.contains(&args.words));
    if rows.is_empty() {
        return Err(format!("no row has '{}' in its name", args.words).into());
    }
    for row in &rows {
        let mut outcomes = Vec::new();
        for _ in 0..args.times {
            let outcome = runtime.block_on(row.run_once(&args.dist));
            outcomes.push(outcome.map_err(|error| format!("{}: {error}", row.name))?);
        }
        let (line, failure) = table::line(row, &outcomes);
        println!("{line}");
        lines.push(line);
        broken.extend(failure);
    }
    if let Some(file) = &args.write {
        report::write(file, args.times, &lines)?;
    }
    for promise in &broken {
        eprintln!("not as promised: {promise}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
