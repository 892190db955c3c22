//! A folder with the worker and its package, in which the extension module is a stub.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, program, scratch};

/// The scripts of the package.
const SCRIPTS: [&str; 4] = ["__init__.py", "__main__.py", "worker.py", "takeover.py"];

/// Stands for the rest of the package: reports what it was given, on the original stdout.
const BRIDGE: &str = r#"
import json, os, sys

def child():
    import multiprocessing
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=in_child, args=(queue,))
    process.start()
    imported = queue.get()
    process.join()
    return [process.exitcode, imported]

def in_child(queue):
    queue.put("cjm_plugin_system.core.worker" in sys.modules)

def main(args):
    prefix = "UNIVERSAL_WORKER_"
    with open("/proc/self/status") as status:
        blocked = status.read().split("SigBlk:")[1].split()[0]
    report = {
        "args": args,
        "argv0": sys.argv[0],
        "path0": sys.path[0],
        "prefix": sys.prefix,
        "dev": sys.flags.dev_mode,
        "blocked": blocked,
        "variables": {name: os.environ[name] for name in os.environ if name.startswith(prefix)},
        "child": child() if "LAYOUT_SPAWN" in os.environ else None,
    }
    if "--check" in args:
        report = {"classes": [{"class": "Tool", "version": "1.0", "description": "A tool."}]}
    os.write(int(os.environ.get("UNIVERSAL_WORKER_STDOUT_FD", "1")), json.dumps(report).encode())
    sys.exit(0)
"#;

pub(crate) struct Layout {
    folder: String,
    _dir: TempDir,
}

impl Layout {
    pub(crate) fn new() -> Self {
        let dir = scratch();
        let folder = dir.path().to_str().unwrap().to_owned();
        let layout = Self { folder, _dir: dir };
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = sources.join("../../crates/python/python/universal_worker");
        for name in SCRIPTS {
            let text = fs::read_to_string(sources.join(name)).unwrap();
            layout.write(&format!("python/universal_worker/{name}"), &text);
        }
        layout.write("python/universal_worker/bridge.py", BRIDGE);
        layout.write("python/universal_worker/_native.py", "");
        // By another process: this one may fork while it has the file open for writing, and the file
        // cannot be executed until the child has closed it.
        let mut copy = Command::new("cp");
        copy.arg(program()).arg(layout.path("universal-worker"));
        assert!(copy.status().unwrap().success());
        layout
    }

    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = PathBuf::from(self.path(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes the environment `venv` with a link to the worker; returns the link.
    pub(crate) fn venv(&self) -> PathBuf {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--without-pip", &self.path("venv")]);
        assert!(command.status().unwrap().success());
        let worker = PathBuf::from(self.path("venv/bin/universal-worker"));
        symlink(self.path("universal-worker"), &worker).unwrap();
        worker
    }

    /// Puts a published worker into the environment; returns what it prints.
    pub(crate) fn published_worker(&self) -> String {
        let lib = fs::read_dir(self.path("venv/lib")).unwrap().next().unwrap().unwrap();
        let version = lib.file_name().into_string().unwrap();
        let package = format!("venv/lib/{version}/site-packages/cjm_plugin_system");
        self.write(&format!("{package}/__init__.py"), "");
        self.write(&format!("{package}/core/__init__.py"), "");
        self.write(&format!("{package}/core/worker.py"), "print('the published worker')");
        "the published worker\n".to_owned()
    }

    pub(crate) fn run(&self, args: &[&str], vars: &[(&str, &str)]) -> Ended {
        self.run_of(Path::new(&self.path("universal-worker")), args, vars)
    }

    /// Runs a program in this folder.
    pub(crate) fn run_of(&self, program: &Path, args: &[&str], vars: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(program);
        command.env_remove("VIRTUAL_ENV").env_remove("CONDA_PREFIX").envs(vars.iter().copied());
        command.args(args).current_dir(self.folder()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Ended { code: output.status.code(), stdout, stderr }
    }

    /// What the package was given.
    #[track_caller]
    pub(crate) fn report(&self, args: &[&str], vars: &[(&str, &str)]) -> Value {
        self.report_of(Path::new(&self.path("universal-worker")), args, vars)
    }

    #[track_caller]
    pub(crate) fn report_of(&self, program: &Path, args: &[&str], vars: &[(&str, &str)]) -> Value {
        let ended = self.run_of(program, args, vars);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }
}

/// Checks that a failure has its exit code, its announcement and one last line.
#[track_caller]
pub(crate) fn announced(ended: &Ended, code: i32, stage: &str, expected: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains(expected), "'{expected}' is not in {ended:?}");
    let failed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&failed["event"], &failed["stage"]), (&"failed".into(), &stage.into()));
}
