//! What is to be told, where nothing is served.

use std::path::PathBuf;
use std::time::Duration;

use universal_worker_loader::PluginFolders;

use crate::cli::front::Given;
use crate::cli::settings::PluginChoice;
use crate::cli::typed::Typed;
use crate::cli::values::above_zero;
use crate::cli::values::text_or_file;
use crate::failure::Failure;

/// What a check is to find out.
#[derive(Debug, Clone)]
pub(crate) struct CheckOrder {
    pub(crate) plugin: PluginChoice,
    pub(crate) format: CheckFormat,
    pub(crate) config: Option<Vec<u8>>,
    /// The call of a run.
    pub(crate) call: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckFormat {
    Text,
    Json,
}

/// What a list is to look at.
#[derive(Debug, Clone)]
pub(crate) struct ListOrder {
    pub(crate) folders: PluginFolders,
    /// Those of the folders that the command line names.
    pub(crate) named: Vec<PathBuf>,
    /// For each library.
    pub(crate) load_timeout: Duration,
}

pub(super) fn check(
    typed: Typed,
    plugin: PluginChoice,
    given: &Given,
) -> Result<CheckOrder, Failure> {
    let read = |option, value: Option<String>| {
        value.map(|value| text_or_file(given, option, value)).transpose()
    };
    Ok(CheckOrder {
        plugin,
        format: if typed.json { CheckFormat::Json } else { CheckFormat::Text },
        config: read("config", typed.config)?,
        call: read("execute", typed.execute)?,
    })
}

pub(super) fn list(
    typed: &Typed,
    folders: PluginFolders,
    given: &Given,
) -> Result<ListOrder, Failure> {
    // A variable is set for workers, and says nothing of a list.
    let others = ["module", "class", "config", "plugin-sha256", "check", "json", "execute"];
    if let Some(other) = others.into_iter().find(|other| given.is_typed(other)) {
        return Err(Failure::usage(format!(
            "--{other} goes with one plugin (--module); --list takes --plugin-dir and --load-timeout"
        )));
    }
    let load_timeout = above_zero(given, "load-timeout", &typed.load_timeout, "10 s")?;
    Ok(ListOrder {
        folders,
        named: typed.plugin_dir.iter().map(PathBuf::from).collect(),
        load_timeout: load_timeout.unwrap_or(Duration::from_secs(10)),
    })
}
