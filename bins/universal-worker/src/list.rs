//! `--list`: the plugins in the plugin folders.
//!
//! A separate process inspects each library, because a library that hangs or crashes while loading
//! must not hide the others.

use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, io};

use rustix::fs::MemfdFlags;
use serde::{Deserialize, Serialize};
use universal_worker_cli::{ListRequest, VARIABLES};
use universal_worker_interpreter::Program;
use universal_worker_json::Encoder;
use universal_worker_loader::PluginFolders;
use universal_worker_runtime::ReportFormat;
use universal_worker_sanitize as sanitize;

use crate::plugin::plugin_folders;

/// The list, as `--json` prints it.
#[derive(Serialize)]
struct List {
    plugins: Vec<Plugin>,
    /// What is wrong with folders of the command line.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Plugin {
    name: String,
    file: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Classes(Vec<Class>),
    /// Why there are none.
    Error(String),
}

/// The part of the output of `--check --json` that is listed.
#[derive(Deserialize)]
struct Report {
    classes: Vec<Class>,
}

#[derive(Serialize, Deserialize)]
struct Class {
    class: String,
    version: String,
    description: String,
}

/// Lists the libraries and Python files in the plugin folders with their classes.
pub(crate) fn render(request: &ListRequest, program: &Program) -> String {
    let list = List::new(request, program);
    match request.format {
        ReportFormat::Json => Encoder::compact().to_string(&list).expect("text is JSON"),
        ReportFormat::Text => list.text(),
    }
}

impl List {
    fn new(request: &ListRequest, program: &Program) -> Self {
        let found = plugin_folders(request.folders.clone()).list();
        let plugins = found.into_iter().map(|found| Plugin {
            content: match check(&found.file, request, program) {
                Ok(output) => content_of(&output),
                Err(error) => Content::Error(format!("cannot be checked: {error}")),
            },
            name: found.name,
            file: found.file.display().to_string(),
        });
        let problem = |folder: &PathBuf| {
            let why = PluginFolders::search_problem(folder)?;
            Some(format!("--plugin-dir {}: {why}", sanitize::path(folder)))
        };
        let problems = request.named.iter().filter_map(problem).collect();
        Self { plugins: plugins.collect(), problems }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for Plugin { name, file, content } in &self.plugins {
            let (name, file) = (sanitize::printable(name), sanitize::printable(file));
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{name:<20} {file}");
            match content {
                Content::Classes(classes) => classes.iter().for_each(|class| class.add(&mut text)),
                Content::Error(error) => {
                    let _ = writeln!(text, "  {error}");
                }
            }
        }
        if text.is_empty() {
            text.push_str("no plugins found; --plugin-dir names a folder\n");
        }
        for problem in &self.problems {
            let _ = writeln!(text, "{problem}");
        }
        text.trim_end().to_owned()
    }
}

impl Class {
    fn add(&self, text: &mut String) {
        let head = sanitize::one_line(&format!("{} {}", self.class, self.version));
        let line = format!("  {head}  {}", sanitize::one_line(&self.description));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn check(file: &Path, request: &ListRequest, program: &Program) -> io::Result<Output> {
    let (stdout, stderr) = (anonymous_file()?, anonymous_file()?);
    let mut command = Command::new(env::current_exe()?);
    // As it was called, since that tells the environment.
    command.arg0(&program.called);
    let load_timeout = request.load_timeout.as_secs_f64().to_string();
    command.args(["--check", "--json", "--load-timeout", &load_timeout, "--module"]).arg(file);
    if let Some(interpreter) = &request.python {
        command.env(format!("{VARIABLES}PYTHON"), interpreter);
    }
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let status = command.status()?;
    Ok(Output { status, stdout: content(&stdout)?, stderr: content(&stderr)? })
}

/// An anonymous file for the output of a process.
///
/// Unlike a pipe, it can be read while processes that the library started are still running.
fn anonymous_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("list", MemfdFlags::CLOEXEC)?.into())
}

/// The output so far; only the end if it is long, because that says how the process ended.
fn content(file: &File) -> io::Result<Vec<u8>> {
    const MAX: u64 = 16 << 20;
    let written = file.metadata()?.len();
    let length = written.min(MAX);
    let mut content = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut content, written - length)?;
    Ok(content)
}

fn content_of(output: &Output) -> Content {
    let report: Result<Report, _> = serde_json::from_slice(&output.stdout);
    match report {
        Ok(Report { classes }) if output.status.success() => Content::Classes(classes),
        _ => Content::Error(failure(output)),
    }
}

fn failure(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rfind(|line| line.starts_with("FATAL: "));
    match (last, output.status.signal()) {
        (Some(line), _) => sanitize::one_line(line.trim_start_matches("FATAL: ")),
        (None, Some(signal)) => format!("crashes while it is loaded: signal {signal}"),
        (None, None) => format!("cannot be checked: {}", output.status),
    }
}
