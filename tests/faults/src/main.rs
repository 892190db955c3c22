//! The table of faults behind `cargo xtask faults`: each is made again and again, and looked at
//! from outside.
//!
//! The hosts are processes of this program, and are really killed.
//! It is the subreaper of all that it starts, so that whatever is left of a worker is seen.

mod host;
mod report;
mod row;
mod scene;
mod table;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: universal-worker-faults --dist DIR [--times N] [--within any]
                               [--write FILE] [WORDS]

DIR holds universal-worker and plugins/, as `cargo xtask build` leaves them;
each fault is made N times (20), and its time judged, unless any will do;
only rows with WORDS in their names are run;
FILE gets the whole table between its two marks";

struct Asked {
    dist: PathBuf,
    times: usize,
    is_timed: bool,
    write: Option<PathBuf>,
    words: String,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((first, rest)) if first == host::SUBCOMMAND => {
            host::run(rest).map(|()| ExitCode::SUCCESS)
        }
        _ => match asked(&args) {
            Some(asked) => faults(&asked),
            None => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("universal-worker-faults: {error}");
        ExitCode::FAILURE
    })
}

fn asked(args: &[String]) -> Option<Asked> {
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
    // A part of the table is not the table, and nothing made no times is no fault.
    let words = rest.join(" ");
    let makes_sense = times > 0 && (write.is_none() || words.is_empty() && is_timed);
    makes_sense.then_some(Asked { dist: dist?, times, is_timed, write, words })
}

fn faults(asked: &Asked) -> Result<ExitCode, Box<dyn Error>> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // This thread blocks while it looks at a worker; those of the runtime call it meanwhile.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut lines = vec![table::head()];
    println!("{}", table::head());
    let mut broken = Vec::new();
    let mut rows = table::rows();
    if !asked.is_timed {
        rows.iter_mut().for_each(|row| row.promise.within = Duration::MAX);
    }
    rows.retain(|row| row.name.contains(&asked.words));
    if rows.is_empty() {
        return Err(format!("no row has '{}' in its name", asked.words).into());
    }
    for row in &rows {
        let mut outcomes = Vec::new();
        for _ in 0..asked.times {
            let outcome = runtime.block_on(row.once(&asked.dist));
            outcomes.push(outcome.map_err(|error| format!("{}: {error}", row.name))?);
        }
        let (line, told) = table::line(row, &outcomes);
        println!("{line}");
        lines.push(line);
        broken.extend(told);
    }
    if let Some(file) = &asked.write {
        report::write(file, asked.times, &lines)?;
    }
    for promise in &broken {
        eprintln!("not as promised: {promise}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
