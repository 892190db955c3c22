//! `cargo xtask build [--debug]`: builds the worker and its plugins.

use std::process::ExitCode;

use crate::workspace::Workspace;
use crate::{TaskResult, dist};

/// Builds and prints the folder with the result.
pub(crate) fn run(args: &[String]) -> TaskResult {
    let workspace = Workspace::load()?;
    let dir = match args {
        [] => dist::release(&workspace)?,
        [flag] if flag == "--debug" => dist::debug(&workspace)?,
        _ => return Err("the only argument is `--debug`".into()),
    };
    println!("{}", dir.display());
    Ok(ExitCode::SUCCESS)
}
