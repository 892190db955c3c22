use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;

use super::*;

/// A folder for programs and environments.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn program(&self, name: &str) -> PathBuf {
        self.file(name, 0o755)
    }

    fn venv(&self, name: &str) -> PathBuf {
        self.program(&format!("{name}/bin/python"));
        self.file(&format!("{name}/pyvenv.cfg"), 0o644);
        self.path(name)
    }
}

#[track_caller]
fn finds(search: &Search, program: &Path, reason: Reason) {
    let expected = Interpreter { program: program.to_owned(), reason };
    assert_eq!(search.find().unwrap(), expected);
}

#[test]
fn each_source_is_asked_only_after_the_ones_before_it() {
    let folder = Folder::new();
    let named = folder.program("named");
    let linked = folder.venv("linked");
    let (own, active, conda) = (folder.venv("own"), folder.venv("active"), folder.path("conda"));
    folder.program("conda/bin/python3");
    let on_path = folder.program("bin/python3");
    let mut search = Search {
        python: Some(named.clone()),
        program: Some(folder.program("own/bin/universal-worker")),
        resolved: Some(folder.path("linked/bin/universal-worker")),
        virtual_env: Some(active.clone()),
        conda_prefix: Some(conda.clone()),
        path: folder.path("bin").into(),
    };
    finds(&search, &named, Reason::Option);
    search.python = Some(PathBuf::new());
    finds(&search, &own.join("bin/python"), Reason::Beside);
    search.program = Some(folder.program("elsewhere/bin/universal-worker"));
    finds(&search, &active.join("bin/python"), Reason::VirtualEnv);
    search.virtual_env = Some(PathBuf::new());
    finds(&search, &conda.join("bin/python3"), Reason::CondaPrefix);
    search.conda_prefix = None;
    finds(&search, &linked.join("bin/python"), Reason::Beside);
    search.resolved = search.program.clone();
    finds(&search, &on_path, Reason::Path);
    search.path = folder.path("nothing").into();
    assert!(matches!(search.find(), Err(InterpreterError::NotFound)));
}

#[test]
fn a_conda_environment_of_the_program_counts_too() {
    let folder = Folder::new();
    let python = folder.program("conda/bin/python3");
    fs::create_dir(folder.path("conda/conda-meta")).unwrap();
    let program = Some(folder.program("conda/bin/universal-worker"));
    finds(&Search { program, ..Search::default() }, &python, Reason::Beside);
}

#[test]
fn an_option_names_a_program_an_environment_or_a_name_in_the_path() {
    let folder = Folder::new();
    let (venv, program) = (folder.venv("venv"), folder.program("bin/python3.12"));
    let path: OsString = folder.path("bin").into();
    for (python, expected) in [
        (program.clone(), program.clone()),
        (venv.clone(), venv.join("bin/python")),
        ("python3.12".into(), program),
    ] {
        let search = Search { python: Some(python), path: path.clone(), ..Search::default() };
        finds(&search, &expected, Reason::Option);
    }
}

#[test]
fn links_are_not_resolved() {
    let folder = Folder::new();
    let venv = folder.venv("venv");
    let (python, worker) = (venv.join("bin/python"), venv.join("bin/universal-worker"));
    fs::remove_file(&python).unwrap();
    symlink(folder.program("usr/bin/python3"), &python).unwrap();
    symlink(folder.program("opt/universal-worker"), &worker).unwrap();
    let called = program_as_called(worker.as_os_str(), OsStr::new(""));
    assert_eq!(called.as_ref(), Some(&worker));
    finds(&Search { program: called, ..Search::default() }, &python, Reason::Beside);
    finds(&Search { python: Some(python.clone()), ..Search::default() }, &python, Reason::Option);
}

#[test]
fn what_is_named_but_useless_is_an_error_and_nothing_else_is_tried() {
    let folder = Folder::new();
    folder.program("bin/python3");
    fs::create_dir(folder.path("empty")).unwrap();
    let (text, gone) = (folder.file("text", 0o644), folder.path("gone"));
    let dangling = folder.path("dangling");
    symlink("nowhere", &dangling).unwrap();
    for (path, expected) in [
        (&gone, "gone: no such file or folder"),
        (&dangling, "dangling: no such file or folder"),
        (&text, "text: is not an executable file"),
        (
            &folder.path("empty"),
            "empty: is not an environment: it has no bin/python or bin/python3",
        ),
    ] {
        let path_variable: OsString = folder.path("bin").into();
        let search =
            Search { python: Some(path.clone()), path: path_variable, ..Search::default() };
        let message = search.find().unwrap_err().to_string();
        assert!(message.starts_with("--python: ") && message.ends_with(expected), "{message}");
    }
    let search = Search { conda_prefix: Some(gone), ..Search::default() };
    assert!(search.find().unwrap_err().to_string().starts_with("CONDA_PREFIX: "));
}

#[test]
fn an_interpreter_that_is_a_link_to_the_worker_is_refused() {
    let folder = Folder::new();
    let worker = folder.program("opt/universal-worker");
    let python = folder.venv("venv").join("bin/python");
    fs::remove_file(&python).unwrap();
    symlink(&worker, &python).unwrap();
    let search = Search { program: Some(python), ..Search::default() };
    assert!(matches!(search.find(), Err(InterpreterError::Itself { .. })));
}

#[test]
fn a_program_called_by_name_is_looked_up_in_the_path() {
    let folder = Folder::new();
    let worker = folder.program("bin/universal-worker");
    let path = env::join_paths([folder.path("none"), folder.path("bin")]).unwrap();
    let called = |arg0: &str| program_as_called(OsStr::new(arg0), &path);
    assert_eq!(called("universal-worker"), Some(worker));
    for other in ["-universal-worker", "", "/no/such/universal-worker"] {
        assert_eq!(called(other), None, "{other}");
    }
}

#[test]
fn an_interpreter_is_shown_with_its_reason() {
    let interpreter = Interpreter { program: "/x/bin/python".into(), reason: Reason::VirtualEnv };
    assert_eq!(interpreter.to_string(), "/x/bin/python (VIRTUAL_ENV)");
}

proptest! {
    /// Whatever is set, the first of the sources that is set decides.
    #[test]
    fn the_first_source_that_is_set_decides(
        is_set in proptest::array::uniform5(any::<bool>()),
        is_good in proptest::array::uniform5(any::<bool>()),
    ) {
        let folder = Folder::new();
        let environment = |index: usize| {
            is_set[index].then(|| {
                let name = format!("env{index}");
                let venv = folder.venv(&name);
                if !is_good[index] {
                    fs::remove_file(venv.join("bin/python")).unwrap();
                }
                venv
            })
        };
        let bin = environment(4).map(|venv| {
            if is_good[4] {
                fs::rename(venv.join("bin/python"), venv.join("bin/python3")).unwrap();
            }
            venv.join("bin")
        });
        let search = Search {
            python: environment(0),
            program: environment(1).map(|venv| venv.join("bin/universal-worker")),
            resolved: None,
            virtual_env: environment(2),
            conda_prefix: environment(3),
            path: bin.map(PathBuf::into_os_string).unwrap_or_default(),
        };
        let reasons = [
            Reason::Option,
            Reason::Beside,
            Reason::VirtualEnv,
            Reason::CondaPrefix,
            Reason::Path,
        ];
        let first = (0..5).find(|index| is_set[*index]);
        let expected = first.filter(|first| is_good[*first]).map(|first| reasons[first]);
        prop_assert_eq!(search.find().ok().map(|found| found.reason), expected);
    }
}
