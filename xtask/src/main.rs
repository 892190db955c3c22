//! The project's own commands: `cargo xtask TASK`.
//!
//! Each task is one file, and runs cargo or Python: this program links no other crate of the
//! workspace.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to its user")]

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
mod python;
mod summary;
mod test;
mod venv;
mod voice;
mod wheel;
mod workspace;

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// The exit code of a task, or the error that it failed with.
type TaskResult = Result<ExitCode, Box<dyn Error>>;

const USAGE: &str = "\
usage: cargo xtask TASK [ARGS]

tasks:
  build [--debug]   build worker and plugins into target/dist (target/dist-debug)
  abi [--keep]      build plugins of other interfaces into target/abi, for tests
  test [ARGS]       run all tests; ARGS are passed to `cargo test`
  check             check formatting, lints, docs and the rules of the workspace
  compat            run the published Python host with this worker
  conformance [PART...] [--quick] [--docs] [--minutes N]
                    compare the worker with a plain axum server and the original,
                    under requests, clients, a browser, attacks and a soak; the part
                    `encoder` [--texts N] [--seed S] compares JSON with CPython's
  bench [SECTION...] [--quick] [--peers] [--write] [--check]
                    measure the worker beside a bare server, and write
                    docs/performance.md; --help says more
  bench micro [ARGS]
                    run the microbenchmarks
  bench voice [--quick]
                    measure how well voice-activity finds speech, beside other
                    detectors
  faults [ARGS]     print the table of faults
  man [--out DIR]   write the manual page; --docs updates docs/operations.md
  python [ARGS]     run the suite of Python classes in python3 and in the interpreters
                    of UNIVERSAL_WORKER_TEST_PYTHONS; ARGS are passed to it
  wheel             build the wheel for Python into target/wheels
  demo [ARGS]       find the speech in a recording, on the terminal
  new-plugin NAME --path DIR
                    create a plugin in a new folder";

#[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let result = match task.as_str() {
        "build" => build::run(&args),
        "abi" => abi::run(&args),
        "test" => test::run(&args),
        "check" => check::run(&args),
        "compat" => compat::run(&args),
        "conformance" => conformance::run(&args),
        "bench" => measure::bench(&args),
        "faults" => measure::faults(&args),
        "new-plugin" => new_plugin::run(&args),
        "demo" => demo::run(&args),
        "man" => man::run(&args),
        "python" => python::run(&args),
        "wheel" => wheel::run(&args),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("xtask {task}: {error}");
        ExitCode::FAILURE
    })
}

/// Refuses arguments of a task that takes none.
fn no_arguments(args: &[String]) -> Result<(), Box<dyn Error>> {
    match args.first() {
        None => Ok(()),
        Some(arg) => {
            Err(format!("unexpected argument `{arg}`: this task takes no arguments").into())
        }
    }
}
