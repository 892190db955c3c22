//! `--list`: the plugins in the plugin folders.
//!
//! A separate process inspects each library, because a library that hangs or crashes while loading
//! must not hide the others.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{env, io};

use rustix::fs::MemfdFlags;
use universal_worker_cli::{ListRequest, VARIABLES};
use universal_worker_interpreter::Program;
use universal_worker_loader::PluginFolders;
use universal_worker_runtime::PluginList;
use universal_worker_sanitize as sanitize;

use crate::plugin::plugin_folders;

/// Lists the libraries and Python files in the plugin folders with their classes.
pub(crate) fn render(request: &ListRequest, program: &Program) -> String {
    let mut list = PluginList::default();
    for found in plugin_folders(request.folders.clone()).list() {
        list.add(found.name, &found.file, check(&found.file, request, program));
    }
    for folder in &request.named {
        if let Some(why) = PluginFolders::search_problem(folder) {
            list.add_problem(format!("--plugin-dir {}: {why}", sanitize::path(folder)));
        }
    }
    list.render(request.format)
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
