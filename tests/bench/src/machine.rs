//! On what was measured, and when.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::cores;

/// The commit and the machine of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    date: String,
    commit: String,
    cpu: String,
    cores: u32,
    kernel: String,
}

impl Machine {
    pub(crate) fn now() -> Self {
        let commit = output("git", &["rev-parse", "--short", "HEAD"]);
        // Measurements are among the docs, and change nothing that is measured.
        let changes = ["status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/docs"];
        let changes = output("git", &changes);
        Self {
            date: output("date", &["--utc", "+%Y-%m-%d"]),
            commit: if changes.is_empty() { commit } else { format!("{commit} with changes") },
            cpu: cpu_model().unwrap_or_else(|| "unknown CPU".to_owned()),
            cores: cores::count(),
            kernel: output("uname", &["-srm"]),
        }
    }

    /// One line of text.
    pub(crate) fn line(&self) -> String {
        let Self { date, commit, cpu, cores, kernel } = self;
        let count = match cores {
            1 => "one core, which server and load share".to_owned(),
            _ => format!("{cores} cores"),
        };
        format!("Measured on {date} at commit {commit}: {count} ({cpu}), {kernel}.")
    }
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
