//! The measurements behind `cargo xtask bench`.
//!
//! All requests use the loopback interface, and every section is limited in number or time.
//! The servers are processes of their own; this process generates the load.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints tables")]
#![allow(clippy::disallowed_methods, reason = "it reads arguments, and measures serde_json")]

mod bare;
mod client;
mod contest;
mod cores;
mod figures;
mod load;
mod machine;
mod options;
mod process;
mod report;
mod sections;
mod server;
mod settings;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::options::{Options, USAGE};
use crate::report::compare::changes;
use crate::report::store::Store;
use crate::report::{Unit, page};
use crate::settings::Settings;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let result = match (&args[..], Options::parse(&args)) {
        ([command], _) if command == bare::SUBCOMMAND => bare::serve().map(|()| ExitCode::SUCCESS),
        (_, Some(options)) => run(options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("universal-worker-bench: {error}");
        ExitCode::FAILURE
    })
}

fn run(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    cores::choose()?;
    raise_file_limit()?;
    if !cores::are_pinned() {
        println!("This machine has one core, which server and load share: ratios are too good.\n");
    }
    let settings = Settings::new(options.dist, options.quick, options.original);
    let committed = Store::read(&options.docs)?;
    let mut store = Store::read(&options.docs)?;
    let (mut all_changes, mut failed) = (Vec::new(), false);
    for name in options.sections {
        let started = Instant::now();
        let section = sections::measure(name, &settings)?;
        println!("{}", page::render_section(&section, false));
        eprintln!("({name} took {:.0} s)", started.elapsed().as_secs_f64());
        all_changes.extend(changes(committed.get(name), &section));
        // What cannot be measured here stays as it is.
        if section.is_measured() {
            store.insert(name, section);
        }
    }
    for change in &all_changes {
        failed |= options.check && change.is_worse && change.unit == Unit::Instructions;
        println!("{}", change.text);
    }
    if options.write {
        store.write(&options.docs)?;
        println!("wrote {}", options.docs.join("performance.md").display());
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Raises the limit of open files as far as possible; the servers inherit it.
fn raise_file_limit() -> Result<(), Box<dyn Error>> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
