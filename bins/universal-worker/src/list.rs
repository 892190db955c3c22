//! `--list`: what is in the plugin folders.
//!
//! Each library is looked at by a process of its own: one that hangs or crashes when it is loaded
//! must not hide the others.

use std::env;
use std::fmt::Write;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde::Deserialize;
use universal_worker_loader::PluginFolders;

use crate::cli::VARIABLES;
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

pub(crate) fn run(folders: &PluginFolders) -> Outcome {
    let mut text = String::new();
    for found in folders.list() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<20} {}", found.name, found.file.display());
        match check(&found.file) {
            Ok(output) => add_classes(&mut text, &output),
            Err(error) => {
                let _ = writeln!(text, "  cannot be looked at: {error}");
            }
        }
    }
    if text.is_empty() {
        text.push_str("no plugin is found; --plugin-dir names a folder\n");
    }
    Outcome::told(text.trim_end())
}

fn check(file: &Path) -> io::Result<Output> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--check", "--json", "--load-timeout", "10", "--module"]).arg(file);
    // What is set for a worker is not meant for this.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with(VARIABLES)) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).output()
}

fn add_classes(text: &mut String, output: &Output) {
    let report: Result<Report, _> = serde_json::from_slice(&output.stdout);
    // As above.
    match report {
        Ok(Report { classes }) if output.status.success() => {
            for Class { class, version, description } in classes {
                let line = format!("  {class} {version}  {description}");
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
        (Some(line), _) => line.trim_start_matches("FATAL: ").to_owned(),
        (None, Some(signal)) => format!("crashes when it is loaded: signal {signal}"),
        (None, None) => format!("is not understood: {}", output.status),
    }
}
