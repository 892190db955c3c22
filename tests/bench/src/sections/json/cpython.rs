//! CPython's `json.dumps`, in a separate process.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::figures::median;

const SCRIPT: &str = include_str!("dumps.py");
/// Prints the version; fails without the encoder in C, because a comparison would mean nothing.
const VERSION: &str = "import json.encoder, platform
assert json.encoder.c_make_encoder
print(platform.python_implementation(), platform.python_version())";

/// An installed CPython.
pub(super) struct Python {
    /// Its name and version.
    pub(super) version: String,
}

/// The result of the comparison with CPython.
#[derive(Debug)]
pub(super) enum Comparison {
    /// CPython is not installed.
    None,
    /// Both write the same text; with default and with compact options.
    Same([Dumps; 2]),
    /// They write different text.
    Differs(String),
}

/// The text and the times of `json.dumps` with certain options.
#[derive(Debug, Deserialize)]
pub(super) struct Dumps {
    pub(super) bytes: usize,
    pub(super) sha256: String,
    /// The time of a call in each round.
    pub(super) nanoseconds: Vec<f64>,
}

impl Python {
    /// Finds `python3` on the path.
    pub(super) fn find() -> Option<Self> {
        let output = Command::new("python3").args(["-I", "-c", VERSION]).output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(Self { version })
    }

    /// Measures `json.dumps` of the value `json`, with default and with compact options.
    pub(super) fn dumps(&self, json: &[u8]) -> Result<[Dumps; 2], Box<dyn Error>> {
        let output = run(SCRIPT, json)?;
        if !output.status.success() {
            return Err(format!("dumps.py ended with {}", output.status).into());
        }
        let lines: Result<Vec<Dumps>, _> =
            serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect();
        lines?.try_into().map_err(|_| "dumps.py did not print one line per form".into())
    }
}

impl Dumps {
    /// The median time of a call in nanoseconds.
    pub(super) fn median(&self) -> f64 {
        median(&self.nanoseconds)
    }

    /// Checks that CPython writes `text`.
    pub(super) fn expect(&self, text: &[u8]) -> Result<(), String> {
        let digest = hex(&Sha256::digest(text));
        if digest == self.sha256 {
            return Ok(());
        }
        Err(format!(
            "writes {} bytes, sha256 {digest}, and json.dumps {} bytes, sha256 {}",
            text.len(),
            self.bytes,
            self.sha256
        ))
    }
}

fn run(script: &str, input: &[u8]) -> Result<Output, Box<dyn Error>> {
    let mut child = Command::new("python3")
        .args(["-I", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // The script reads all of its input before it writes; dropping the pipe ends the input.
    let sent = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(input));
    let output = child.wait_with_output()?;
    sent?;
    Ok(output)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_text_is_an_error() {
        let digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
        let dumps = Dumps { bytes: 1, sha256: digest.to_owned(), nanoseconds: Vec::new() };
        assert_eq!(dumps.expect(b"0"), Ok(()));
        assert!(dumps.expect(b"1").unwrap_err().contains(digest));
    }
}
