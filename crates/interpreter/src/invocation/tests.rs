use proptest::prelude::*;

use super::*;

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn invocation(line: &str) -> Invocation {
    Invocation::new(words(line), true)
}

#[track_caller]
fn is_worker(line: &str, python_options: &str, args: &str) {
    let expected = Invocation::Worker { python_options: words(python_options), args: words(args) };
    assert_eq!(invocation(line), expected, "{line}");
}

#[test]
fn the_options_of_the_worker_are_for_the_worker() {
    for line in [
        "",
        "--module hello",
        "--version",
        "--help",
        "-h",
        "help",
        "--list",
        "--check -c",
        "hello",
        "help me",
        "./libhello.so",
        "/opt/plugins/libhello.so",
        "-z",
        "-module x",
        "-check",
        "-plugin-dir",
        "exec",
        "exec -- python3 -c pass",
        "exec --ppid 1 -- x.py",
        "exec x.py",
        "exec -c pass",
    ] {
        is_worker(line, "", line);
    }
}

#[test]
fn a_module_of_a_published_host_is_the_worker() {
    for name in WORKER_MODULES {
        is_worker(&format!("-m {name} --module m --port 1"), "", "--module m --port 1");
        is_worker(&format!("-m{name} --class C"), "", "--class C");
        is_worker(&format!("-u -X dev -Wd -W ignore -m {name}"), "-u -X dev -Wd -W ignore", "");
        is_worker(&format!("-I -m {name} -m x"), "-I", "-m x");
    }
}

#[test]
fn other_words_of_python_are_for_python() {
    for line in [
        "-c pass",
        "-cprint(1)",
        "-m pip install x",
        "-mpip",
        "-m",
        "-m cjm_plugin_system.core.worker2",
        "-",
        "-V",
        "-VV",
        "-u",
        "-Bu -c pass",
        "-BuW ignore -c pass",
        "-X importtime -m pip",
        "-W",
        "-u --module hello",
        "-u -h",
        "-?",
        "script.py --module hello",
        "/no/such/script.py",
        "/proc/self",
        "--check-hash-based-pycs always x.py",
        "--help-env",
        "-c -m cjm_plugin_system.core.worker",
        "x.py -m cjm_plugin_system.core.worker",
        "-W -m cjm_plugin_system.core.worker",
    ] {
        assert_eq!(invocation(line), Invocation::Python, "{line}");
    }
}

#[test]
fn exec_is_a_script_only_if_there_is_one_in_place_of_an_interpreter() {
    for (line, is_there, in_environment, expected) in [
        ("exec -- x", true, true, false),
        ("exec --ppid 1 x", true, true, false),
        ("exec x", true, true, true),
        ("exec", true, true, true),
        ("exec x", true, false, false),
        ("exec x", false, true, false),
    ] {
        let is_script = is_script_exec(&words(line), in_environment, || is_there);
        assert_eq!(is_script, expected, "{line}");
    }
}

#[test]
fn a_lone_v_is_the_version_of_the_worker_outside_of_an_environment() {
    let outside = |line: &str| Invocation::new(words(line), false);
    assert_eq!(outside("-V"), Invocation::worker(words("-V")));
    assert_eq!(outside("-VV"), Invocation::Python);
    assert_eq!(outside("-u -V"), Invocation::Python);
}

proptest! {
    /// A word that begins with two dashes, in the first place, is the worker's: it stays so
    /// whatever follows.
    #[test]
    fn a_long_option_makes_it_the_workers(name in "[a-z]{1,9}", rest in ".{0,20}") {
        prop_assume!(!name.starts_with("help"));
        let line = vec![OsString::from(format!("--{name}")), rest.into()];
        prop_assert_eq!(Invocation::new(line.clone(), true), Invocation::worker(line));
    }

    /// No words are lost on the way to the worker.
    #[test]
    fn the_worker_gets_all_words(line in proptest::collection::vec(".{0,8}", 0..6)) {
        let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
        match Invocation::new(line.clone(), true) {
            Invocation::Worker { python_options, args } => {
                prop_assert!(line.starts_with(&python_options) && line.ends_with(&args));
            }
            Invocation::Python => prop_assert!(!line.is_empty()),
        }
    }
}
