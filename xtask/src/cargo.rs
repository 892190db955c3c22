//! Runs cargo and reads what it says.
//!
//! Nested builds use the ordinary target directory. `cargo run` has let go of its lock by the time a task
//! begins, and a directory of their own would compile every dependency a second time.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use serde_json::Value;

/// A library or program that cargo has built or found fresh.
pub(crate) struct Artifact {
    /// The target's name as the manifest has it (`voice_activity` for a library, `universal-worker`).
    pub(crate) target: String,
    /// Whether it is a test harness.
    pub(crate) test: bool,
    /// All that the compiler wrote for it.
    pub(crate) files: Vec<PathBuf>,
    /// The program, where it is one.
    pub(crate) program: Option<PathBuf>,
}

/// A command for the cargo that started this program.
pub(crate) fn command<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Runs `command` to its end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Box<dyn Error>> {
    command.status().map_err(|error| cannot_start(command, &error))
}

/// The exit code to pass on for `status`; a death by signal is 1.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    ExitCode::from(code)
}

/// Runs a build, shows its progress on stderr and hands back what it made.
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

/// The artifact that a line of cargo's messages tells of, if it tells of one.
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
    fn only_artifact_messages_are_artifacts() {
        assert!(artifact(r#"{"reason":"build-finished","success":true}"#).is_none());
        assert!(artifact("warning: no JSON at all").is_none());
    }

    #[test]
    fn a_library_has_files_and_no_program() {
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
