//! Plugins and workers of other interfaces, or built in other ways: what loads, and what it does then.
//!
//! `cargo xtask test` builds them; the table in `docs/abi.md` is what became of them here.

mod deeds;
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
async fn what_loads_and_what_it_does_is_what_the_table_says() {
    // Each row is a task, so that one that fails hides no other.
    let (cells, failed) = LocalSet::new().run_until(try_all()).await;
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    table::hold(&cells);
}

#[tokio::test]
async fn what_is_kept_is_never_built_anew() {
    let readme = fs::read_to_string(kept().join("README.md")).unwrap();
    for row in ROWS.iter().filter(|row| row.plugin.starts_with("kept/")) {
        let Ok(plugin) = row.plugin() else { continue };
        let ended = run_to_end(&["--module", plugin.to_str().unwrap(), "--check", "--json"]).await;
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        let digest = told["sha256"].as_str().unwrap();
        assert!(readme.contains(digest), "{}: README.md does not know {digest}", row.plugin);
    }
}

type Tried = Vec<(&'static str, Option<Cells>)>;

/// What became of the rows, and what failed.
async fn try_all() -> (Tried, Vec<String>) {
    let tasks: Vec<_> = ROWS.iter().map(|row| (row.label, spawn_local(try_row(row)))).collect();
    let (mut cells, mut failed) = (Vec::new(), Vec::new());
    for (label, task) in tasks {
        match task.await {
            Ok(became) => cells.push((label, became)),
            Err(panicked) => failed.push(format!("{label}: {panicked}")),
        }
    }
    (cells, failed)
}

/// What became of a row; none where it cannot be tried on this machine.
async fn try_row(row: &'static Row) -> Option<Cells> {
    let plugin = match row.plugin() {
        Ok(plugin) => plugin,
        Err(why) => {
            println!("skipped '{}': {why}", row.label);
            return None;
        }
    };
    Some(match &row.expected {
        Expected::Runs(build) => deeds::all(&row.program(), &plugin, build).await,
        Expected::Refused { words } => deeds::refused(&plugin, words).await,
    })
}

impl Row {
    /// The plugin's library, or why it is not there.
    fn plugin(&self) -> Result<PathBuf, String> {
        if let Some(name) = self.plugin.strip_prefix("kept/") {
            let here = format!("{}-{}", env::consts::ARCH, env::consts::OS);
            let built_for_here = name.ends_with(&format!("{here}.so"));
            let file = kept().join(name);
            return built_for_here.then_some(file).ok_or(format!("none is kept for {here}"));
        }
        let why = fs::read_to_string(built().join(format!("{}.skipped", self.plugin)));
        why.map_or_else(|_| Ok(built().join(format!("{}.so", self.plugin))), Err)
    }

    fn program(&self) -> PathBuf {
        self.worker.map_or_else(crate::support::program, |name| built().join(name))
    }
}

/// Where the plugins are that were built once.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/abi/kept")
}

/// Where `cargo xtask test` put what it built for these tests.
fn built() -> PathBuf {
    let Some(built) = env::var_os("UNIVERSAL_WORKER_TEST_ABI") else {
        panic!("run `cargo xtask test`: it builds the plugins of other interfaces")
    };
    PathBuf::from(built)
}
