//! Runs cargo and reads its messages.
//!
//! Nested builds use the usual target directory: `cargo run` has released its lock before a task
//! begins, and a separate directory would compile every dependency again.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use serde_json::Value;

/// A library or program that cargo built or found fresh.
pub(crate) struct Artifact {
    /// The name of the target in the manifest, such as `voice_activity` for a library.
    pub(crate) target: String,
    /// Whether it is a test harness.
    pub(crate) test: bool,
    /// All files that the compiler wrote for it.
    pub(crate) files: Vec<PathBuf>,
    /// The executable, unless it is a library.
    pub(crate) program: Option<PathBuf>,
}

/// A command of the cargo that started this program.
pub(crate) fn command<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Runs `command` and waits for it.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Box<dyn Error>> {
    command.status().map_err(|error| cannot_start(command, &error))
}

/// The exit code for `status`; 1 if a signal ended the process.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    ExitCode::from(code)
}

/// Runs a build with its progress on stderr, and returns what it made.
pub(crate) fn build(command: &mut Command) -> Result<Vec<Artifact>, Box<dyn Error>> {
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| cannot_start(command, &error))?;
    let stdout = child.stdout.take().expect("stdout was piped above");
    let mut artifacts = Vec::new();
    for line in BufReader::new(stdout).lines() {
        artifacts.extend(artifact(&line?));
    }
    let status = child.wait()?;
    if status.success() {
        Ok(artifacts)
    } else {
        Err(format!("the build failed ({status})").into())
    }
}

/// Parses a line of cargo's messages, if it is about an artifact.
fn artifact(line: &str) -> Option<Artifact> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let files = message["filenames"].as_array()?;
    Some(Artifact {
        target: message["target"]["name"].as_str()?.to_owned(),
        test: message["profile"]["test"] == true,
        files: files.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
        program: message["executable"].as_str().map(PathBuf::from),
    })
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Box<dyn Error> {
    format!("cannot start `{}`: {error}", command.get_program().display()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_messages_are_not_artifacts() {
        assert!(artifact(r#"{"reason":"build-finished","success":true}"#).is_none());
        assert!(artifact("warning: no JSON at all").is_none());
    }

    #[test]
    fn a_library_has_files_but_no_program() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"hello"},"profile":{"test":false},
            "filenames":["/t/libhello.so","/t/libhello.rlib"],"executable":null}"#;
        let artifact = artifact(line).unwrap();
        assert_eq!(artifact.target, "hello");
        assert_eq!(
            artifact.files,
            [PathBuf::from("/t/libhello.so"), PathBuf::from("/t/libhello.rlib")]
        );
        assert!(!artifact.test && artifact.program.is_none());
    }
}
