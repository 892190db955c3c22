//! `--list`: what is in the plugin folders.
//!
//! Each library is looked at by a process of its own: one that hangs or crashes when it is loaded
//! must not hide the others.

use std::env;
use std::fmt::Write;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::MemfdFlags;
use serde::Deserialize;
use universal_worker_loader::PluginFolders;
use universal_worker_sanitize as sanitize;

use crate::cli::ListOrder;
use crate::cli::VARIABLES;
use crate::descendants;
use crate::failure::Failure;
use crate::failure::Outcome;

/// What `--check --json` tells, as far as it is looked at here.
#[derive(Deserialize)]
struct Report {
    classes: Vec<Class>,
}

#[derive(Deserialize)]
struct Class {
    class: String,
    version: String,
    description: String,
}

pub(crate) fn run(order: &ListOrder) -> Outcome {
    told(order).unwrap_or_else(Outcome::Failed)
}

fn told(order: &ListOrder) -> Result<Outcome, Failure> {
    // What a library starts loses its parent when the look at it is over.
    descendants::adopt()?;
    let mut text = String::new();
    for found in order.folders.list() {
        let file = sanitize::printable(&found.file.display().to_string());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<20} {file}", sanitize::printable(&found.name));
        match check(&found.file, order.load_timeout) {
            Ok(output) => add_classes(&mut text, &output),
            Err(error) => {
                let _ = writeln!(text, "  cannot be looked at: {error}");
            }
        }
    }
    if text.is_empty() {
        text.push_str("no plugin is found; --plugin-dir names a folder\n");
    }
    for folder in &order.named {
        if let Some(why) = PluginFolders::why_not_searched(folder) {
            // As above.
            let _ = writeln!(text, "--plugin-dir {}: {why}", sanitize::path(folder));
        }
    }
    Ok(Outcome::told(text.trim_end()))
}

fn check(file: &Path, load_timeout: Duration) -> io::Result<Output> {
    let (stdout, stderr) = (memory()?, memory()?);
    let mut command = Command::new(env::current_exe()?);
    let load_timeout = load_timeout.as_secs_f64().to_string();
    command.args(["--check", "--json", "--load-timeout", &load_timeout, "--module"]).arg(file);
    // What is set for a worker is not meant for this.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with(VARIABLES)) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let status = command.status()?;
    Ok(Output { status, stdout: content(&stdout)?, stderr: content(&stderr)? })
}

/// A file without a name, in the place of a pipe: of a pipe the end would have to be waited for, and
/// that comes only when each process that the library has started is gone.
fn memory() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("list", MemfdFlags::CLOEXEC)?.into())
}

/// What was written so far, of which the end says what became of the process.
fn content(file: &File) -> io::Result<Vec<u8>> {
    const MOST: u64 = 16 << 20;
    let written = file.metadata()?.len();
    let length = written.min(MOST);
    let mut content = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut content, written - length)?;
    Ok(content)
}

fn add_classes(text: &mut String, output: &Output) {
    let report: Result<Report, _> = serde_json::from_slice(&output.stdout);
    // As above.
    match report {
        Ok(Report { classes }) if output.status.success() => {
            for Class { class, version, description } in classes {
                let head = sanitize::one_line(&format!("{class} {version}"));
                let line = format!("  {head}  {}", sanitize::one_line(&description));
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        _ => {
            let _ = writeln!(text, "  {}", why_not(output));
        }
    }
}

fn why_not(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rfind(|line| line.starts_with("FATAL: "));
    match (last, output.status.signal()) {
        (Some(line), _) => sanitize::one_line(line.trim_start_matches("FATAL: ")),
        (None, Some(signal)) => format!("crashes when it is loaded: signal {signal}"),
        (None, None) => format!("is not understood: {}", output.status),
    }
}
