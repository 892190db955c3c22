//! CPython's `json.dumps`, in a process of its own.

use std::error::Error;
use std::io::Write as _;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde::Deserialize;
use sha2::Digest as _;
use sha2::Sha256;

use crate::figures::median;

const SCRIPT: &str = include_str!("dumps.py");
/// Prints the version; fails where `json` has no encoder in C, which is not the one to compare with.
const VERSION: &str = "import json.encoder, platform
assert json.encoder.c_make_encoder
print(platform.python_implementation(), platform.python_version())";

/// A Python that runs.
pub(super) struct Python {
    /// Its name and number.
    pub(super) version: String,
}

/// What became of the comparison with CPython.
#[derive(Debug)]
pub(super) enum Outcome {
    /// There is no CPython.
    None,
    /// With default options, and compact: what they write is what we write.
    Same([Dumps; 2]),
    /// We write something else.
    Differs(String),
}

/// What one form of `json.dumps` writes, and in what time.
#[derive(Debug, Deserialize)]
pub(super) struct Dumps {
    pub(super) bytes: usize,
    pub(super) sha256: String,
    /// A call, in each round.
    pub(super) nanoseconds: Vec<f64>,
}

impl Python {
    /// The `python3` of the path; none where there is none.
    pub(super) fn find() -> Option<Self> {
        let output = Command::new("python3").args(["-I", "-c", VERSION]).output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(Self { version })
    }

    /// With default options, and as compact as it can be, of the value that `json` is.
    pub(super) fn dumps(&self, json: &[u8]) -> Result<[Dumps; 2], Box<dyn Error>> {
        let output = run(SCRIPT, json)?;
        if !output.status.success() {
            return Err(format!("dumps.py ended with {}", output.status).into());
        }
        let lines: Result<Vec<Dumps>, _> =
            serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect();
        lines?.try_into().map_err(|_| "dumps.py did not print a line for each form".into())
    }
}

impl Dumps {
    /// Nanoseconds a call.
    pub(super) fn median(&self) -> f64 {
        median(&self.nanoseconds)
    }

    /// A measure of other text would be worth nothing.
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
    // It reads all of its input before it writes, and sees the end when the pipe is dropped.
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
    fn another_text_is_refused() {
        let digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
        let dumps = Dumps { bytes: 1, sha256: digest.to_owned(), nanoseconds: Vec::new() };
        assert_eq!(dumps.expect(b"0"), Ok(()));
        assert!(dumps.expect(b"1").unwrap_err().contains(digest));
    }
}
