//! `cargo xtask build [--debug]`: the worker and its plugins, ready to run.

use std::process::ExitCode;

use crate::workspace::Workspace;
use crate::{Outcome, dist};

/// Builds and says where the result is.
pub(crate) fn run(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    let dir = match args {
        [] => dist::release(&workspace)?,
        [flag] if flag == "--debug" => dist::debug(&workspace)?,
        _ => return Err("the only argument is `--debug`".into()),
    };
    println!("{}", dir.display());
    Ok(ExitCode::SUCCESS)
}
