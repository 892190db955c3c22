//! `--check`: what a plugin is.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use universal_worker_loader::ClassInfo;
use universal_worker_loader::LibraryInfo;
use universal_worker_loader::LoadError;
use universal_worker_service::outside_run;

use crate::cli::CheckFormat;
use crate::cli::LogFormat;
use crate::cli::PluginChoice;
use crate::failure::Outcome;
use crate::load;
use crate::logging;

#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    sha256: String,
    #[serde(flatten)]
    info: &'a LibraryInfo,
}

/// Loads the library, and the class where one is named; tells what it is.
pub(crate) fn run(plugin: &PluginChoice, format: CheckFormat) -> Outcome {
    logging::init(LogFormat::Text, &logging::default_filter());
    match report(plugin, format) {
        Ok(text) => Outcome::told(&text),
        Err(error) => Outcome::Failed(load::failure(plugin, error)),
    }
}

fn report(plugin: &PluginChoice, format: CheckFormat) -> Result<String, LoadError> {
    let library = load::library(plugin)?;
    if let Some(class) = &plugin.class {
        library.class(Some(class), outside_run())?;
    }
    let report =
        Report { file: library.file(), sha256: sha256(library.file())?, info: library.info() };
    Ok(match format {
        CheckFormat::Json => serde_json::to_string(&report).unwrap_or_default(),
        CheckFormat::Text => text(&report),
    })
}

fn sha256(file: &Path) -> Result<String, LoadError> {
    let unreadable = |source| LoadError::Unreadable { file: file.to_owned(), source };
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(file).map_err(unreadable)?, &mut hash)
        .map_err(unreadable)?;
    Ok(hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

fn text(report: &Report<'_>) -> String {
    let LibraryInfo { abi, panic, compiler, classes } = report.info;
    let mut text = format!(
        "file       {}\nsha256     {}\ninterface  {abi}\ncompiler   {compiler}\npanic      {panic}\n",
        report.file.display(),
        report.sha256
    );
    for class in classes {
        text.push_str(&of_class(class));
    }
    text.trim_end().to_owned()
}

fn of_class(info: &ClassInfo) -> String {
    let mut text = format!("\nclass {}: {} {}\n", info.class, info.name, info.version);
    if !info.description.is_empty() {
        text.push_str(&format!("  {}\n", info.description));
    }
    let cancel = if info.cancellable { "can be cancelled" } else { "cannot be cancelled" };
    let arguments = match &info.positional {
        Some(names) => names.join(", "),
        None => "by keyword only".to_owned(),
    };
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "  runs at once  {}, {cancel}\n  arguments     {arguments}\n  config        {}\n",
        info.concurrency, info.config_schema
    );
    text
}
