//! Python modules up to the point where the worker's script runs in the right interpreter.
//!
//! The extension module is a stub here, and the script reports what it was given.

mod layout;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use self::layout::{Layout, announced};
use crate::support::plugin;

#[test]
fn a_python_module_is_handed_to_the_interpreter_unchanged() {
    let layout = Layout::new();
    let args = ["--module", "a.b", "--class", "C", "--port", "0", "--adapters", "m:C"];
    let options = [("UNIVERSAL_WORKER_QUEUE", "3"), ("UNIVERSAL_WORKER_TOKEN", "secret")];
    let report = layout.report(&args, &options);
    assert_eq!(report["args"], json!(args));
    assert_eq!(report["argv0"], json!(layout.path("python/universal_worker/worker.py")));
    // As with `python -m`, not the folder of the script.
    assert_eq!(report["path0"], json!(layout.folder()));
    // SIGHUP, SIGINT and SIGTERM are blocked (proc_pid_status(5)).
    let blocked = u64::from_str_radix(report["blocked"].as_str().unwrap(), 16).unwrap();
    assert_eq!(blocked & 0x4003, 0x4003, "{blocked:x}");
    let variable = |name: &str| report["variables"][format!("UNIVERSAL_WORKER_{name}")].clone();
    assert_eq!(variable("PROGRAM"), json!(layout.path("universal-worker")));
    assert_eq!(variable("PYTHON_REASON"), "PATH");
    // The worker there takes them, and then they are gone.
    assert_eq!((variable("QUEUE"), variable("TOKEN")), (json!("3"), json!("secret")));
    assert_eq!(variable("MODULE_FILE"), Value::Null);
    assert!(variable("SEARCHED").as_str().unwrap().starts_with(layout.folder()), "{report}");
}

#[test]
fn what_python_prints_before_the_worker_starts_is_not_part_of_stdout() {
    let layout = Layout::new();
    layout.write("site/sitecustomize.py", "print('printed early')");
    let ended = layout.run(&["--module", "m"], &[("PYTHONPATH", &layout.path("site"))]);
    assert!(!ended.stdout.contains("printed early"), "{ended:?}");
    assert!(ended.stderr.contains("printed early"), "{ended:?}");
}

#[test]
fn a_file_or_package_is_handed_over_by_its_absolute_path() {
    let layout = Layout::new();
    layout.write("plugins/my_tool.py", "");
    layout.write("pack/__init__.py", "");
    for (module, expected) in [
        ("./plugins/my_tool.py", "plugins/my_tool.py"),
        ("my-tool", "plugins/my_tool.py"),
        ("./pack", "pack"),
    ] {
        let report = layout.report(&["--module", module], &[("UNIVERSAL_WORKER_SEARCHED", "old")]);
        let variables = &report["variables"];
        let file = Path::new(variables["UNIVERSAL_WORKER_MODULE_FILE"].as_str().unwrap());
        assert!(file.is_absolute() && file.ends_with(expected), "{file:?}");
        assert_eq!(variables["UNIVERSAL_WORKER_SEARCHED"], Value::Null);
    }
}

#[test]
fn the_environment_of_the_worker_is_that_of_the_path_it_was_called_by() {
    let layout = Layout::new();
    let worker = layout.venv();
    let report = layout.report_of(&worker, &["--module", "m"], &[("VIRTUAL_ENV", "/nowhere")]);
    assert_eq!(report["prefix"], json!(layout.path("venv")));
    let reason = &report["variables"]["UNIVERSAL_WORKER_PYTHON_REASON"];
    assert_eq!(reason, "environment of the worker");
}

#[test]
fn the_worker_is_an_interpreter_to_whoever_takes_it_for_one() {
    let layout = Layout::new();
    let worker = layout.venv();
    layout.write("script.py", "import sys; print(sys.prefix, sys.argv[1:])");
    let (prefix, code) = (layout.path("venv"), "import sys; print(sys.prefix, sys.argv[1:])");
    for args in [&["-c", code, "--module"][..], &["-u", "script.py", "--module"]] {
        let ended = layout.run_of(&worker, args, &[]);
        assert_eq!(ended.stdout, format!("{prefix} ['--module']\n"), "{ended:?}");
    }
    assert!(layout.run_of(&worker, &["-V"], &[]).stdout.starts_with("Python 3."));
    assert_eq!(layout.run_of(&worker, &["-c", "raise SystemExit(7)"], &[]).code, Some(7));
    let version = layout.run_of(&worker, &["--version"], &[]);
    assert!(version.stdout.starts_with("universal-worker "), "{version:?}");
    let none = layout.run(&["-c", "pass"], &[("PATH", "/nowhere")]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("no python3 or python in PATH"), "{none:?}");
}

#[test]
fn exec_is_a_script_only_if_there_is_one() {
    let layout = Layout::new();
    let worker = layout.venv();
    let by_module = ["-m", "cjm_substrate.core.worker", "exec", "--", "echo", "run"];
    for args in [&["exec", "--", "echo", "run"][..], &["exec", "echo", "run"], &by_module] {
        assert_eq!(layout.run_of(&worker, args, &[]).stdout, "run\n", "{args:?}");
    }
    layout.write("exec", "import sys; print(sys.argv)");
    let script = layout.run_of(&worker, &["exec", "echo"], &[]);
    assert_eq!(script.stdout, "['exec', 'echo']\n", "{script:?}");
    for args in [&["exec", "--", "echo", "run"][..], &["exec", "--ppid=0", "echo", "run"]] {
        assert_eq!(layout.run_of(&worker, args, &[]).stdout, "run\n", "{args:?}");
    }
    assert_eq!(layout.run(&["exec", "echo", "run"], &[]).stdout, "run\n");
}

#[test]
fn the_modules_of_published_hosts_are_the_worker() {
    let layout = Layout::new();
    let worker = layout.venv();
    for module in ["cjm_plugin_system.core.worker", "cjm_substrate.core.worker"] {
        let args = ["-X", "dev", "-m", module, "--module", "a.b", "--port", "0"];
        let report = layout.report_of(&worker, &args, &[]);
        assert_eq!((&report["args"], &report["dev"]), (&json!(args[4..]), &json!(true)));
        let library = plugin("hello");
        let args = ["-m", module, "--module", library.to_str().unwrap(), "--check"];
        let checked = layout.run_of(&worker, &args, &[]);
        assert!(checked.stdout.contains("class Hello"), "{checked:?}");
    }
}

#[test]
fn what_cannot_be_started_is_reported_as_any_load_error() {
    let layout = Layout::new();
    layout.write("text", "");
    layout.write("tool.py", "pass");
    layout.write("broken", "#!/no/such/interpreter\n");
    fs::set_permissions(layout.path("broken"), fs::Permissions::from_mode(0o755)).unwrap();
    let zeros = "0".repeat(64);
    for (args, expected) in [
        (&["--module", "a.b", "--python", "/nope"][..], "--python: /nope: no such file or folder"),
        (&["--module", "a.b", "--python", "./text"], "is not an executable file"),
        (&["--module", "a.b", "--python", "./broken"], "broken: cannot be executed"),
        (&["--module", "a.b", "--python", "."], "has no bin/python or bin/python3"),
        (&["--module", "./tol.py"], "did you mean 'tool.py'?"),
        (&["--module", "./tool.py", "--plugin-sha256", &zeros], "is not the expected file"),
        (&["--module", "a.b", "--plugin-sha256", &zeros], "has no SHA-256"),
        (&["--module", "./text", "--python", "python3"], "is neither a .py file nor the folder"),
    ] {
        announced(&layout.run(args, &[]), 1, "load", expected);
        let check = layout.run(&[args, &["--check"]].concat(), &[]);
        let last = check.stderr.lines().last().unwrap_or_default();
        assert!(check.code == Some(1) && last.contains(expected), "{args:?}: {check:?}");
    }
    let nowhere = [("PATH", "/nowhere")];
    let both = "there is no plugin 'a.b' in";
    announced(&layout.run(&["--module", "a.b"], &nowhere), 1, "load", both);
    announced(&layout.run(&["--module", "./tool.py"], &nowhere), 1, "load", "no python3");
    for (args, expected) in [
        (["--fd", "77"], "--fd: file descriptor 77 is not open"),
        (["--lease-fd", "77"], "--lease-fd: file descriptor 77 is not open"),
        (["--ready-fd", "77"], "--ready-fd: file descriptor 77 is not open"),
    ] {
        let ended = layout.run(&[&["--module", "a.b"][..], &args].concat(), &[]);
        announced(&ended, 2, "usage", expected);
    }
}

#[test]
fn an_unsuitable_interpreter_is_reported_as_any_load_error() {
    let layout = Layout::new();
    for (code, expected) in [
        ("import sys; sys.version_info = (3, 8, 18, 'final', 0)", "is Python 3.8.18, which is too"),
        ("import sys; sys.abiflags = 't'", "is a free-threaded build of Python 3."),
        ("import sys; sys.implementation.name = 'pypy'", "which is not CPython"),
    ] {
        layout.write("site/sitecustomize.py", code);
        let vars = [("PYTHONPATH", &*layout.path("site"))];
        let ended = layout.run(&["--module", "a.b"], &vars);
        announced(&ended, 1, "load", expected);
        assert!(ended.stderr.contains("(choose CPython 3.10 or later with --python)"), "{ended:?}");
        let file = layout.path("announcement");
        let ended = layout.run(&["--module", "a.b", "--announce-file", &file], &vars);
        assert!(ended.stdout.is_empty(), "{ended:?}");
        assert!(fs::read_to_string(file).unwrap().contains(expected));
    }
    fs::remove_file(layout.path("python/universal_worker/_native.py")).unwrap();
    let ended = layout.run(&["--module", "a.b"], &[]);
    announced(&ended, 1, "load", "the worker does not load into ");
}

#[test]
fn the_package_is_the_one_that_belongs_to_the_worker() {
    let layout = Layout::new();
    layout.write("other/universal_worker/__init__.py", "raise Exception('another one')");
    layout.report(&["--module", "m"], &[("PYTHONPATH", &layout.path("other"))]);
    // In an environment it is among the packages.
    let worker = layout.venv();
    fs::remove_file(&worker).unwrap();
    fs::rename(layout.path("universal-worker"), &worker).unwrap();
    let version = layout.run_of(&worker, &["-c", "import sys; print(sys.version_info[1])"], &[]);
    let packages = format!("venv/lib/python3.{}/site-packages", version.stdout.trim());
    fs::rename(
        layout.path("python/universal_worker"),
        layout.path(&format!("{packages}/universal_worker")),
    )
    .unwrap();
    let report = layout.report_of(&worker, &["--module", "m"], &[]);
    let script = format!("{packages}/universal_worker/worker.py");
    assert_eq!(report["argv0"], json!(layout.path(&script)));
}

#[test]
fn an_environment_is_taken_over_until_it_is_given_back() {
    let layout = Layout::new();
    layout.venv();
    let (env, original) = (layout.path("venv"), layout.published_worker());
    let python = format!("{env}/bin/python");
    let asked = ["-m", "cjm_plugin_system.core.worker", "--module", "a.b"];
    let ask = || layout.run_of(Path::new(&python), &asked, &[("LAYOUT_SPAWN", "1")]);
    let is_original = || assert_eq!(ask().stdout, original);
    is_original();
    assert_eq!(layout.run(&["--take-over", &env], &[]).code, Some(0));
    let taken = ask();
    let report: Value = serde_json::from_str(taken.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(report["args"], json!(asked[2..]));
    // A child that multiprocessing spawns imports neither worker.
    assert_eq!(report["child"], json!([0, false]));
    // Anyone else finds the published one.
    let import = ["-c", "import cjm_plugin_system.core.worker"];
    assert_eq!(layout.run_of(Path::new(&python), &import, &[]).stdout, original);
    fs::rename(layout.path("python"), layout.path("gone")).unwrap();
    is_original();
    fs::rename(layout.path("gone"), layout.path("python")).unwrap();
    for said in ["given back: ", "nothing to give back: "] {
        let given = layout.run(&["--give-back", &env], &[]);
        assert!(given.code == Some(0) && given.stdout.starts_with(said), "{given:?}");
    }
    is_original();
    for option in ["--take-over", "--give-back"] {
        let refused = layout.run(&[option, layout.folder()], &[]);
        assert!(refused.stderr.contains("is not a Python environment"), "{refused:?}");
        assert_eq!(refused.code, Some(2));
    }
}

#[test]
fn a_take_over_looks_for_the_module_where_python_does() {
    let layout = Layout::new();
    let table = r#"
import sys
sys.path.insert(0, "python/universal_worker")
from takeover import module_of
for words, module in [
    ("-m a", "a"), ("-ma", "a"), ("-um a -m b", "a"), ("-X dev -Wd -W x -I -m a", "a"),
    ("-c -m a", None), ("x.py -m a", None), ("-", None), ("- -m a", None), ("-W -m a", None),
    ("-m", None), ("", None),
]:
    found = module_of(words.split())
    assert found == module, (words, found)
"#;
    let ended = layout.run_of(Path::new("python3"), &["-c", table], &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_list_has_the_python_files_of_the_plugin_folders() {
    let layout = Layout::new();
    layout.write("plugins/my_tool.py", "");
    layout.write("plugins/_private.py", "");
    symlink(plugin("hello"), layout.path("plugins/libhello.so")).unwrap();
    let list = layout.run(&["--list"], &[]);
    let lines: Vec<&str> =
        list.stdout.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(lines, ["hello", "", "my-tool", ""], "{list:?}");
    assert!(list.stdout.contains("\n  Tool 1.0  A tool.\n"), "{list:?}");
    let old = layout.run(&["--list", "--python", "/nope"], &[]);
    assert!(old.stdout.contains("/nope: no such file or folder"), "{old:?}");
}
