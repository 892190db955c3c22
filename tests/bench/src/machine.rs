//! On what was measured, and when.

use std::process::Command;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

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
            kernel: kernel().unwrap_or_else(|| "unknown system".to_owned()),
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

fn kernel() -> Option<String> {
    Some(format!("{} {}", System::kernel_long_version().ok()?, System::cpu_arch()))
}

fn cpu_model() -> Option<String> {
    let cpus = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let system = System::new_with_specifics(cpus).ok()?;
    system.cpus().first().map(|cpu| cpu.brand().to_owned()).filter(|brand| !brand.is_empty())
}
