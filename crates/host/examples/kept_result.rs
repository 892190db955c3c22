//! Submits a run and ends; started again, it reads the result of that run.
//!
//! Start a worker, such as `universal-worker --module hello --port 12345`, and then:
//!
//! ```text
//! kept_result http://127.0.0.1:12345 submit greeting-1 '{"name": "you"}'
//! kept_result http://127.0.0.1:12345 result greeting-1
//! ```
//!
//! To submit the same run again makes no second run.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that reads arguments and prints"
)]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use serde_json::Value;
use universal_worker_host::{Client, Submission};

const USAGE: &str = "kept_result URL submit ID KWARGS | kept_result URL result ID";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [url, "submit", id, kwargs] => submit(&Client::new(url), id, kwargs).await,
        [url, "result", id] => result(&Client::new(url), id).await,
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kept_result: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns as soon as the worker has the run, which needs this program no more.
async fn submit(client: &Client, id: &str, kwargs: &str) -> Result<(), Box<dyn Error>> {
    let no_args: [Value; 0] = [];
    let kwargs: Value = serde_json::from_str(kwargs)?;
    match client.run().id(id).submit(&no_args, &kwargs).await? {
        Submission::New { id } => println!("run '{id}' is new"),
        Submission::Known(report) => println!("run '{id}' is known: {:?}", report.state),
    }
    Ok(())
}

/// Waits for the end of the run, if that is still to come.
async fn result(client: &Client, id: &str) -> Result<(), Box<dyn Error>> {
    let value: Value = client.wait_result(id).await?;
    println!("{value}");
    Ok(())
}
