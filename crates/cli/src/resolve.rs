//! Turns parsed options into a request, and checks that they are consistent.

mod config;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, path};

use universal_worker_runtime::{InspectRequest, JsonContent, JsonInput, ReportFormat};

use crate::args::Args;
use crate::command::{CheckRequest, Command, Language, ListRequest, PluginRequest, RunRequest};
use crate::error::UsageError;
use crate::normalize::Normalized;
use crate::variables::Variables;

/// Time limit for loading each plugin of a list.
const LIST_LOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The options that apply to a single plugin.
const OF_ONE_PLUGIN: [&str; 7] =
    ["module", "class", "config", "plugin-sha256", "adapters", "check", "execute"];

pub(crate) fn resolve(
    mut args: Args,
    normalized: &Normalized,
    variables: &Variables,
) -> Result<Command, UsageError> {
    if let Some(command) = environment(&mut args, normalized)? {
        return Ok(command);
    }
    let folders = folders(&args.plugin_dir, variables.get("UNIVERSAL_WORKER_PLUGIN_DIR"));
    if args.list {
        return list(args, folders, normalized).map(Command::List);
    }
    let module = args.module.take().filter(|module| !module.is_empty()).ok_or_else(|| {
        UsageError::new("--module is missing: it names the plugin, such as --module ./libhello.so; --help lists all options")
    })?;
    let plugin = plugin(&mut args, module, folders, normalized);
    if args.check {
        let inspect = inspect(args, normalized, variables);
        return Ok(Command::Check(Box::new(CheckRequest { plugin, inspect })));
    }
    if args.json {
        let json = normalized.name("json");
        let message =
            format!("{json} goes with --check or --list; --log json sets the format of the log");
        return Err(UsageError::new(message));
    }
    if args.execute.is_some() {
        let execute = normalized.name("execute");
        let message = format!("{execute} goes with --check; a running worker has POST /execute");
        return Err(UsageError::new(message));
    }
    let config = config::config(args, normalized, variables)?;
    Ok(Command::Run(Box::new(RunRequest { plugin, config })))
}

/// A command about an environment instead of a plugin.
fn environment(args: &mut Args, normalized: &Normalized) -> Result<Option<Command>, UsageError> {
    let (option, command) = match (args.take_over.take(), args.give_back.take()) {
        (Some(folder), _) => ("take-over", Command::TakeOver(absolute(folder))),
        (None, Some(folder)) => ("give-back", Command::GiveBack(absolute(folder))),
        (None, None) => return Ok(None),
    };
    match normalized.typed_besides(option) {
        None => Ok(Some(command)),
        Some(other) => {
            let message = format!("--{option} and --{other} exclude each other");
            Err(UsageError::new(message))
        }
    }
}

fn plugin(
    args: &mut Args,
    module: String,
    folders: Vec<PathBuf>,
    normalized: &Normalized,
) -> PluginRequest {
    PluginRequest {
        module,
        class: args.class.take(),
        language: if normalized.is_typed("python") { Language::Python } else { Language::Any },
        python: args.python.take(),
        adapters: args.adapters.take().unwrap_or_default(),
        interrupt: args.interrupt.take().unwrap_or_default(),
        folders,
        sha256: args.plugin_sha256.take(),
        python_failed: args.python_failed.take(),
    }
}

fn list(
    args: Args,
    folders: Vec<PathBuf>,
    normalized: &Normalized,
) -> Result<ListRequest, UsageError> {
    if let Some(other) = OF_ONE_PLUGIN.into_iter().find(|other| normalized.is_typed(other)) {
        return Err(UsageError::new(format!(
            "--{other} and --list exclude each other: --list takes --plugin-dir, --python, \
             --load-timeout and --json"
        )));
    }
    Ok(ListRequest {
        folders,
        named: args.plugin_dir,
        load_timeout: args.load_timeout.unwrap_or(LIST_LOAD_TIMEOUT),
        python: args.python,
        format: report_format(args.json),
    })
}

fn inspect(args: Args, normalized: &Normalized, variables: &Variables) -> InspectRequest {
    let default = InspectRequest::default();
    InspectRequest {
        load_timeout: args.load_timeout.unwrap_or(default.load_timeout),
        format: report_format(args.json),
        log_format: args.log.unwrap_or(default.log_format),
        log_filter: args.log_level.unwrap_or(default.log_filter),
        warnings: variables.warnings(),
        plugin_config: json_input("config", args.config, normalized),
        call: json_input("execute", args.execute, normalized),
    }
}

fn report_format(json: bool) -> ReportFormat {
    if json { ReportFormat::Json } else { ReportFormat::Text }
}

/// JSON text, or the file whose path follows an `@`.
fn json_input(option: &str, value: Option<String>, normalized: &Normalized) -> Option<JsonInput> {
    let value = value?;
    let content = match value.strip_prefix('@') {
        Some(file) => JsonContent::File(absolute(file.into())),
        None => JsonContent::Text(value),
    };
    Some(JsonInput { option: normalized.name(option), content })
}

/// The folders of the command line, then those of the variable.
fn folders(typed: &[PathBuf], variable: Option<&OsStr>) -> Vec<PathBuf> {
    let variable = env::split_paths(variable.unwrap_or_default());
    let variable = variable.filter(|folder| !folder.as_os_str().is_empty());
    typed.iter().cloned().chain(variable).collect()
}

/// Paths become absolute, because the plugin may change the working directory.
pub(crate) fn absolute(path: PathBuf) -> PathBuf {
    path::absolute(&path).unwrap_or(path)
}
