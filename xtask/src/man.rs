//! `cargo xtask man [--out DIR]`: the manual page; `cargo xtask man --docs`: the tables of docs/operations.md.
//!
//! An example of the crate `cli` makes both from the command line's own table.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workspace::Workspace;
use crate::{TaskResult, cargo};

const PAGE: &str = "universal-worker.1";

/// Writes the page to the folder that `args` name (`target/man`), or updates the documentation.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write_page(&workspace.target.join("man")),
        ["--out", dir] => write_page(Path::new(dir)),
        ["--docs"] => {
            let file = workspace.root.join("docs/operations.md");
            let status = cargo::status(reference().arg("docs").arg(file))?;
            Ok(cargo::exit_code(status))
        }
        _ => Err("expected no argument, `--out DIR` or `--docs`".into()),
    }
}

fn write_page(dir: &Path) -> TaskResult {
    let output = reference().arg("man").stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        let file = page_file(dir)?;
        fs::write(&file, output.stdout)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(cargo::exit_code(output.status))
}

fn page_file(dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    fs::create_dir_all(dir).map_err(|error| format!("cannot create {}: {error}", dir.display()))?;
    Ok(dir.join(PAGE))
}

fn reference() -> Command {
    let package = ["--package", "universal-worker-cli", "--example", "reference", "--"];
    let mut command = cargo::command(["run", "--quiet"]);
    command.args(package);
    command
}
