//! Plugins and workers of other interface versions, or built in other ways: whether plugins load
//! and work.
//!
//! `cargo xtask test` builds them; the table in `docs/abi.md` has the results.

mod behavior;
mod rows;
mod table;

use std::path::{Path, PathBuf};
use std::{env, fs};

use rows::{Expected, ROWS, Row};
use serde_json::Value;
use table::Cells;
use tokio::task::{LocalSet, spawn_local};

use crate::support::run_to_end;

#[tokio::test]
async fn the_table_has_the_current_results() {
    // Each row is a task, so that a failure does not hide others.
    let (cells, failed) = LocalSet::new().run_until(test_all()).await;
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    table::check(&cells);
}

#[tokio::test]
async fn kept_plugins_are_never_rebuilt() {
    let readme = fs::read_to_string(kept().join("README.md")).unwrap();
    for row in ROWS.iter().filter(|row| row.plugin.starts_with("kept/")) {
        let Ok(plugin) = row.plugin() else { continue };
        let ended = run_to_end(&["--module", plugin.to_str().unwrap(), "--check", "--json"]).await;
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        let digest = report["sha256"].as_str().unwrap();
        assert!(readme.contains(digest), "{}: README.md does not list {digest}", row.plugin);
    }
}

type Results = Vec<(&'static str, Option<Cells>)>;

/// The results of all rows, and the failures.
async fn test_all() -> (Results, Vec<String>) {
    let tasks: Vec<_> = ROWS.iter().map(|row| (row.label, spawn_local(test_row(row)))).collect();
    let (mut cells, mut failed) = (Vec::new(), Vec::new());
    for (label, task) in tasks {
        match task.await {
            Ok(result) => cells.push((label, result)),
            Err(panic) => failed.push(format!("{label}: {panic}")),
        }
    }
    (cells, failed)
}

/// The result of a row; `None` if it cannot be tested on this machine.
async fn test_row(row: &'static Row) -> Option<Cells> {
    let plugin = match row.plugin() {
        Ok(plugin) => plugin,
        Err(why) => {
            println!("skipped '{}': {why}", row.label);
            return None;
        }
    };
    Some(match &row.expected {
        Expected::Works(build) => behavior::check_all(&row.program(), &plugin, build).await,
        Expected::Rejected { message } => behavior::check_rejected(&plugin, message).await,
    })
}

impl Row {
    /// The plugin's library, or why it is missing.
    fn plugin(&self) -> Result<PathBuf, String> {
        if let Some(name) = self.plugin.strip_prefix("kept/") {
            let here = format!("{}-{}", env::consts::ARCH, env::consts::OS);
            let built_for_here = name.ends_with(&format!("{here}.so"));
            let file = kept().join(name);
            return built_for_here.then_some(file).ok_or(format!("no plugin is kept for {here}"));
        }
        let why = fs::read_to_string(built().join(format!("{}.skipped", self.plugin)));
        why.map_or_else(|_| Ok(built().join(format!("{}.so", self.plugin))), Err)
    }

    fn program(&self) -> PathBuf {
        self.worker.map_or_else(crate::support::program, |name| built().join(name))
    }
}

/// The folder of the kept plugins.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/abi/kept")
}

/// The folder in which `cargo xtask test` puts its builds for these tests.
fn built() -> PathBuf {
    let Some(built) = env::var_os("UNIVERSAL_WORKER_TEST_ABI") else {
        panic!("run `cargo xtask test`: it builds the plugins of other interfaces")
    };
    PathBuf::from(built)
}
