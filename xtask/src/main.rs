//! The project's own commands: `cargo xtask TASK`.
//!
//! `main` dispatches, each task is one file, and all of them drive cargo (or Python) from outside: nothing
//! here is linked against the rest of the workspace.

use std::env;
use std::error::Error;
use std::process::ExitCode;

mod abi;
mod build;
mod cargo;
mod check;
mod compat;
mod conformance;
mod demo;
mod dist;
mod man;
mod measure;
mod new_plugin;
mod tally;
mod test;
mod workspace;

/// What a task hands back: the exit code it ends with, or why it could not do its work.
type Outcome = Result<ExitCode, Box<dyn Error>>;

const USAGE: &str = "\
usage: cargo xtask TASK [ARGS]

tasks:
  build [--debug]   the worker and its plugins to target/dist (target/dist-debug)
  abi [--keep]      plugins of other interfaces to target/abi, for the tests
  test [ARGS]       every test there is; ARGS go to `cargo test`
  check             formatting, lints, docs and the house rules
  compat            the published Python host drives this worker
  conformance [--texts N] [--seed S]
                    the JSON encoder writes what CPython's json.dumps writes
  bench [ARGS]      the benchmark tables
  faults [ARGS]     the table of faults, each made again and again
  man [--out DIR]   the manual page to target/man; --docs updates docs/operations.md
  demo [ARGS]       finds the speech in a recording, on the terminal
  new-plugin NAME --path DIR
                    a plugin of one's own to begin with, in a folder that it makes";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let outcome = match task.as_str() {
        "build" => build::run(&args),
        "abi" => abi::run(&args),
        "test" => test::run(&args),
        "check" => check::run(&args),
        "compat" => compat::run(&args),
        "conformance" => conformance::run(&args),
        "bench" => measure::run("universal-worker-bench", &args),
        "faults" => measure::run("universal-worker-faults", &args),
        "new-plugin" => new_plugin::run(&args),
        "demo" => demo::run(&args),
        "man" => man::run(&args),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask {task}: {error}");
        ExitCode::FAILURE
    })
}

/// Refuses arguments on behalf of a task that takes none.
fn no_arguments(args: &[String]) -> Result<(), Box<dyn Error>> {
    match args.first() {
        None => Ok(()),
        Some(arg) => Err(format!("unexpected argument `{arg}`: this task takes none").into()),
    }
}
