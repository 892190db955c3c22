//! `exec` and its command.

use std::os::unix::ffi::OsStringExt;

use super::*;

#[track_caller]
fn exec(args: &[&str], vars: &[(&str, &str)]) -> universal_worker_exec::Config {
    match parsed(&[&["exec"], args].concat(), vars) {
        Ok(Command::Exec(config)) => config,
        other => panic!("{args:?}: {other:?}"),
    }
}

fn words(config: &universal_worker_exec::Config) -> String {
    let words = [&config.program].into_iter().chain(&config.args);
    words.map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_command_follows_the_options_and_has_its_own() {
    for (args, expected) in [
        (&["--", "ls"][..], "ls"),
        (&["--", "ls", "--help", "-V", "--", "x"], "ls --help -V -- x"),
        (&["ls", "-l"], "ls -l"),
        (&["ls", "--", "x"], "ls -- x"),
        (&["--", "--ppid", "1"], "--ppid 1"),
        (&["--ppid", "1", "ls", "--ppid", "2"], "ls --ppid 2"),
        (&["--", "exec", "--", "help"], "exec -- help"),
    ] {
        assert_eq!(words(&exec(args, &[])), expected, "{args:?}");
    }
}

#[test]
fn the_options_are_those_of_a_worker_and_so_are_their_variables() {
    let default = exec(&["--", "x"], &[]);
    assert_eq!((default.parent, default.lease), (None, None));
    assert_eq!(default.stop_grace, Duration::from_millis(1500));
    let typed = exec(&["--ppid=7", "--lease-fd", "3", "--stop-grace", "2m", "--", "x"], &[]);
    assert_eq!((typed.parent, typed.lease), (Some(7), Some(3)));
    assert_eq!(typed.stop_grace, Duration::from_secs(120));
    let vars = [
        ("UNIVERSAL_WORKER_PPID", "7"),
        ("UNIVERSAL_WORKER_STOP_GRACE", "500ms"),
        // Those of a worker are for the command.
        ("UNIVERSAL_WORKER_PORT", "x"),
        ("LISTEN_FDS", "x"),
    ];
    let by_variables = exec(&["--ppid=0", "x"], &vars);
    assert_eq!((by_variables.parent, by_variables.stop_grace.as_millis()), (None, 500));
    assert_eq!(exec(&["x"], &vars).parent, Some(7));
    let removed = ["PPID", "LEASE_FD", "STOP_GRACE"].map(|it| format!("UNIVERSAL_WORKER_{it}"));
    assert_eq!(by_variables.removed_variables, removed.map(OsString::from));
}

#[test]
fn the_words_of_the_command_may_be_any_bytes() {
    let bytes = OsString::from_vec(vec![0xff, b'x']);
    let args = ["exec".into(), "--".into(), bytes.clone(), bytes.clone()];
    match parse(args, []) {
        Ok(Command::Exec(config)) => {
            assert_eq!((config.program, config.args), (bytes.clone(), vec![bytes]));
        }
        other => panic!("{other:?}"),
    }
    let args = ["exec".into(), "--ppid".into(), OsString::from_vec(vec![0xff]), "x".into()];
    assert!(parse(args, []).unwrap_err().to_string().starts_with("--ppid: expected a process id"));
}

#[test]
fn a_wrong_command_line_of_exec_is_told_on_stderr_only() {
    for (args, vars, expected) in [
        (&[][..], &[][..], "the command is missing"),
        (&["--"], &[], "the command is missing"),
        (&["--ppid", "1"], &[], "the command is missing"),
        (&["--", ""], &[], "the command is empty"),
        (&["--pid", "1", "--", "x"], &[], "did you mean --ppid?"),
        (&["--lease", "1", "--", "x"], &[], "did you mean --lease-fd?"),
        (&["--port", "1", "--", "x"], &[], "takes --ppid, --lease-fd, --stop-grace;"),
        (&["-p", "1"], &[], "options of exec begin with --"),
        (&["--ppid"], &[], "--ppid needs a value"),
        (&["--ppid", "--", "x"], &[], "--ppid: expected a process id, or 0 for none, not '--'"),
        (&["--ppid=1", "--ppid=2", "x"], &[], "--ppid is given twice"),
        (&["--lease-fd", "1", "x"], &[], "--lease-fd: expected"),
        (&["--stop-grace", "0", "x"], &[], "0.1 or more"),
        (&["x"], &[("UNIVERSAL_WORKER_PPID", "y")], "UNIVERSAL_WORKER_PPID: expected"),
    ] {
        let error = parsed(&[&["exec"], args].concat(), vars).unwrap_err();
        assert!(error.to_string().contains(expected), "{args:?}: {error}");
        assert_eq!(error.report().announce, None);
    }
    assert_eq!(error(&["exce"], &[]), "unexpected argument 'exce': did you mean exec?");
}

#[test]
fn the_help_of_exec_has_its_options_only() {
    for args in [&["exec", "--help"][..], &["exec", "-h"], &["exec", "--ppid=1", "--help"]] {
        let text = printed(args);
        assert!(text.contains("--lease-fd") && text.contains("127"), "{text}");
        assert!(!text.contains("--module"), "{text}");
    }
    assert!(printed(&["--help"]).contains("universal-worker exec "));
}
