use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use universal_worker_runtime::logging::Format;
use universal_worker_runtime::{
    AnnounceTo, Config, JsonContent, ListenAddr, OnWedged, ReportFormat,
};

use super::*;
use crate::options::options;
use crate::options::{flags, option_name};
use crate::variables::variable;

fn parsed(args: &[&str], vars: &[(&str, &str)]) -> Result<Command, UsageError> {
    let vars = vars.iter().map(|(name, value)| (name.into(), value.into()));
    parse(args.iter().map(Into::into), vars)
}

#[track_caller]
fn run(args: &[&str], vars: &[(&str, &str)]) -> RunRequest {
    match parsed(args, vars) {
        Ok(Command::Run(request)) => *request,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[track_caller]
fn check(args: &[&str], vars: &[(&str, &str)]) -> CheckRequest {
    match parsed(args, vars) {
        Ok(Command::Check(request)) => *request,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[track_caller]
fn printed(args: &[&str]) -> String {
    match parsed(args, &[]) {
        Ok(Command::Print(text)) => text,
        other => panic!("{args:?}: {other:?}"),
    }
}

fn error(args: &[&str], vars: &[(&str, &str)]) -> String {
    parsed(args, vars).unwrap_err().to_string()
}

#[test]
fn a_value_follows_an_equals_sign_or_a_space() {
    for args in [&["--module", "m", "--port", "7"][..], &["--module=m", "--port=7"]] {
        let request = run(args, &[]);
        assert_eq!(request.plugin.module, "m");
        assert_eq!(request.config.listen.to_string(), "127.0.0.1:7");
    }
    let request = run(&["--module=a=b", "--config={\"a\":1}"], &[]);
    assert_eq!(request.plugin.module, "a=b");
    let config = request.config.plugin_config.unwrap();
    assert_eq!(config.content, JsonContent::Text("{\"a\":1}".into()));
    let config = run(&["--module", "m", "--config", "@c.json"], &[]).config.plugin_config.unwrap();
    let JsonContent::File(file) = config.content else { panic!("{config:?}") };
    assert!(file.is_absolute() && file.ends_with("c.json"), "{file:?}");
}

#[test]
fn the_command_line_of_the_python_host_works_unchanged() {
    let args = ["--module", "/x/libw.so", "--class", "W", "--port", "12345", "--ppid", "1234"];
    let RunRequest { plugin, config, .. } = run(&args, &[]);
    assert_eq!(plugin.class.as_deref(), Some("W"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:12345");
    assert_eq!(config.parent, Some(1234));
    assert_eq!(plugin.module, "/x/libw.so");
}

#[test]
fn a_variable_sets_an_option_and_the_command_line_wins() {
    let vars = [("UNIVERSAL_WORKER_MODULE", "v"), ("UNIVERSAL_WORKER_LOG", "json")];
    let from_vars = run(&[], &vars);
    assert_eq!((&*from_vars.plugin.module, from_vars.config.log_format), ("v", Format::Json));
    let from_args = run(&["--module", "m", "--log=text"], &vars);
    assert_eq!((&*from_args.plugin.module, from_args.config.log_format), ("m", Format::Text));
    check(&["--module", "m"], &[("UNIVERSAL_WORKER_CHECK", "1")]);
    run(&["--module", "m"], &[("UNIVERSAL_WORKER_CHECK", "no"), ("UNIVERSAL_WORKER_PORT", "")]);
}

#[test]
fn a_listening_option_overrides_the_variables_of_all_of_them() {
    let vars = [("UNIVERSAL_WORKER_UDS", "s"), ("UNIVERSAL_WORKER_FD", "7")];
    assert_eq!(run(&["--module=m", "--port=7"], &vars).config.listen.to_string(), "127.0.0.1:7");
    assert!(error(&["--module=m"], &vars).contains("listens in one place"));
    let uds = run(&["--module=m"], &vars[..1]).config.listen;
    assert_eq!(uds, ListenAddr::Unix("s".into()));
}

#[test]
fn a_socket_of_a_service_manager_is_used_without_a_listening_option() {
    let pid = std::process::id().to_string();
    let vars = [("LISTEN_FDS", "1"), ("LISTEN_PID", &*pid)];
    assert_eq!(run(&["--module=m"], &vars).config.listen, ListenAddr::Inherited(3));
    assert_eq!(run(&["--module=m", "--port=7"], &vars).config.listen.to_string(), "127.0.0.1:7");
    let of_another = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    assert_eq!(run(&["--module=m"], &of_another).config.listen.to_string(), "127.0.0.1:0");
}

#[test]
fn lists_in_variables_have_commas_and_plugin_folders_colons() {
    let vars = [("UNIVERSAL_WORKER_PLUGIN_DIR", "/b::/c"), ("UNIVERSAL_WORKER_ALLOW_HOST", "x, y")];
    let request = run(&["--module", "m", "--plugin-dir", "a,d", "--plugin-dir=e"], &vars);
    assert_eq!(request.plugin.folders, ["a,d", "e", "/b", "/c"].map(std::path::PathBuf::from));
    let two = run(&["--module=m", "--allow-host=x", "--allow-host=y"], &[]);
    assert_eq!(format!("{:?}", request.config.access), format!("{:?}", two.config.access));
}

#[test]
fn a_wrong_option_names_the_nearest_right_one() {
    for (args, expected) in [
        (&["--modul", "m"][..], "--module"),
        (&["--log_level", "info"], "--log-level"),
        (&["--pid", "1"], "--ppid"),
        (&["--xyzzy"], "--help"),
        (&["m"], "'m'"),
        (&["help", "me"], "'help'"),
        (&["--port"], "--port needs a value"),
        (&["--check=1"], "--check takes no value"),
        (&["--module", "m", "--module", "n"], "--module is given twice"),
        (&["--module", "m", "--port", "x"], "--port: expected a port, 0 to 65535, not 'x'"),
        (&["--module", "m", "--host", "0.0.0.0"], "loopback"),
        (&["--module", "m", "--stop-grace", "-1"], "--stop-grace: expected seconds"),
        (&["--module", "m", "--stop-grace", "0.05"], "--stop-grace: expected seconds, 0.1 or"),
        (&["--module", "m", "--log-level", "loud,,=="], "--log-level"),
        (&["--module", "m", "--port", "a': b\nc"], "--port: expected a port, 0 to 65535, not 'a"),
        (&["--module", "m", "--ready-fd", "3", "--announce-file", "x"], "goes to one place"),
        (&["--module", "m", "--json"], "--json goes with --check"),
        (&["--module", "m", "--execute", "{}"], "--execute goes with --check"),
        (&["--check"], "--module is missing"),
    ] {
        let message = error(args, &[]);
        assert!(message.contains(expected), "{args:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn seconds_are_any_number_and_too_many_are_no_limit() {
    let limit = |value| run(&["--module", "m", "--run-timeout", value], &[]);
    let limit = |value| limit(value).config.limits.run_timeout;
    assert_eq!(limit("0.5"), Some(Duration::from_millis(500)));
    for forever in ["1e300", "1e400", "9999999999999999999999"] {
        assert!(limit(forever).unwrap().as_secs() > 1_000_000_000, "{forever}");
    }
    for (option, value, expected) in [
        ("--load-timeout", "0", "above 0; leave it out for 60 s"),
        ("--run-timeout", "0", "above 0; leave it out for no limit"),
        ("--run-timeout", "inf", "a finite number of 0 or more, not 'inf'"),
        ("--run-timeout", "nan", "a finite number of 0 or more, not 'nan'"),
        ("--run-timeout", "-1", "seconds, 0 or more, not '-1'"),
        ("--run-timeout", "long", "seconds, 0 or more, not 'long'"),
    ] {
        let message = error(&["--module", "m", option, value], &[]);
        assert!(message.starts_with(option) && message.contains(expected), "{message}");
    }
}

#[test]
fn a_list_takes_folders_and_a_load_timeout_and_nothing_else() {
    let vars = [
        ("UNIVERSAL_WORKER_MODULE", "m"),
        ("UNIVERSAL_WORKER_CHECK", "1"),
        ("UNIVERSAL_WORKER_PORT", "x"),
        ("UNIVERSAL_WORKER_PLUGIN_DIR", "e"),
    ];
    match parsed(&["--list", "--plugin-dir", "d", "--load-timeout", "3"], &vars) {
        Ok(Command::List(request)) => {
            assert_eq!(request.load_timeout, Duration::from_secs(3));
            assert_eq!(request.named, ["d"].map(std::path::PathBuf::from));
            assert_eq!(request.folders, ["d", "e"].map(std::path::PathBuf::from));
        }
        other => panic!("{other:?}"),
    }
    match parsed(&["--list"], &[]) {
        Ok(Command::List(request)) => assert_eq!(request.load_timeout, Duration::from_secs(10)),
        other => panic!("{other:?}"),
    }
    for other in
        [&["--json"][..], &["--check"], &["--module", "m"], &["--class", "C"], &["--execute", "{}"]]
    {
        let message = error(&[&["--list"], other].concat(), &[]);
        assert!(
            message.starts_with(&format!("{} and --list exclude each other", other[0])),
            "{message}"
        );
    }
}

#[test]
fn a_check_has_a_format_and_optionally_a_config_and_a_call() {
    let text = check(&["--module", "m", "--check"], &[]);
    assert_eq!((text.inspect.format, text.inspect.call), (ReportFormat::Text, None));
    assert_eq!(text.inspect.load_timeout, Duration::from_secs(60));
    let args = ["--module=m", "--check", "--json", "--execute={}", "--config=@/c"];
    let inspect = check(&args, &[]).inspect;
    assert_eq!(inspect.format, ReportFormat::Json);
    assert_eq!(inspect.call.unwrap().content, JsonContent::Text("{}".into()));
    let config = inspect.plugin_config.unwrap();
    assert_eq!((&*config.option, config.content), ("--config", JsonContent::File("/c".into())));
}

#[test]
fn a_wrong_variable_is_named() {
    let vars = [("UNIVERSAL_WORKER_PORT", "x")];
    let message = error(&["--module", "m"], &vars);
    assert_eq!(message, "UNIVERSAL_WORKER_PORT: expected a port, 0 to 65535, not 'x'");
    let message = error(&["--module", "m"], &[("UNIVERSAL_WORKER_CHECK", "x")]);
    assert_eq!(message, "UNIVERSAL_WORKER_CHECK: expected 1 or 0, not 'x'");
    let vars = [("UNIVERSAL_WORKER_CLASS".into(), OsStr::from_bytes(b"\xff").to_owned())];
    let message = parse(["--module=m".into()], vars).unwrap_err().to_string();
    assert_eq!(message, "UNIVERSAL_WORKER_CLASS: the value is not UTF-8");
}

#[test]
fn help_and_version_have_short_and_long_forms() {
    for args in [&["--help"][..], &["-h"], &["help"], &["--module", "m", "--help"]] {
        let text = printed(args);
        assert!(text.starts_with("Runs a plugin") && text.contains("Examples:"), "{text}");
        assert!(!text.ends_with('\n'));
    }
    for args in [["--version"], ["-V"]] {
        assert_eq!(printed(&args), format!("universal-worker {VERSION}"));
    }
    // These are options, and no variable sets them.
    run(&["--module=m"], &[("UNIVERSAL_WORKER_HELP", "1"), ("UNIVERSAL_WORKER_VERSION", "1")]);
    assert_eq!(error(&["--versio"], &[]), "unknown option --versio; did you mean --version?");
}

#[test]
fn all_options_of_a_worker_reach_its_config() {
    let args = [
        "--module=m",
        "--host=::1",
        "--lease-fd=0",
        "--idle-timeout=5",
        "--stop-grace=2",
        "--exit-when-wedged",
        "--concurrency=4",
        "--queue=0",
        "--cancel-grace=0",
        "--max-body=1",
        "--max-body-total=2",
        "--announce-file=a",
        "--crash-file=c",
    ];
    let config = run(&args, &[]).config;
    assert_eq!(config.listen.to_string(), "[::1]:0");
    assert_eq!((config.lease, config.idle_timeout), (Some(0), Some(Duration::from_secs(5))));
    assert_eq!(config.stop_grace, Duration::from_secs(2));
    assert_eq!((config.on_wedged, config.concurrency.unwrap().get()), (OnWedged::Exit, 4));
    let limits = config.limits;
    assert_eq!((limits.queue, limits.max_body, limits.max_body_total), (0, 1, 2));
    assert_eq!(limits.cancel_grace, Duration::ZERO);
    assert!(config.crash_file.unwrap().is_absolute());
    assert!(matches!(config.announce, AnnounceTo::File(file) if file.is_absolute()));
}

#[test]
fn every_option_is_in_exactly_one_group() {
    let groups = options();
    let mut grouped: Vec<&str> =
        groups.iter().flat_map(|group| &group.options).map(|option| option.name).collect();
    let visible = flags().iter().filter(|flag| !flag.hidden);
    let mut known: Vec<&str> = visible.map(option_name).collect();
    grouped.sort_unstable();
    known.sort_unstable();
    assert_eq!(grouped, known);
    assert_eq!(variable("log-level").as_deref(), Some("UNIVERSAL_WORKER_LOG_LEVEL"));
}

#[test]
fn the_defaults_of_the_help_are_those_of_the_config() {
    let config = |args: &[&str]| -> Config { run(args, &[]).config };
    let default = format!("{:?}", config(&["--module=m"]));
    for option in options().iter().flat_map(|group| &group.options) {
        // The others are words: no limit, what the class says.
        let Some(value) = option.default.filter(|text| !text.starts_with(['n', 'w'])) else {
            continue;
        };
        let value = value.split(' ').next().unwrap();
        let argument = format!("--{}={value}", option.name);
        assert_eq!(format!("{:?}", config(&["--module=m", &argument])), default, "{argument}");
    }
}

#[test]
fn a_check_and_a_list_ignore_the_variables_of_a_worker() {
    let port = ("UNIVERSAL_WORKER_PORT", "x");
    for (args, vars) in [
        (&["--module", "m", "--check"][..], &[port][..]),
        (&["--module", "m"], &[port, ("UNIVERSAL_WORKER_CHECK", "1")]),
        (&["--list"], &[port, ("UNIVERSAL_WORKER_CHECK", "x")]),
        (&[], &[port, ("UNIVERSAL_WORKER_LIST", "yes")]),
    ] {
        let command = parsed(args, vars);
        assert!(matches!(command, Ok(Command::Check(_) | Command::List(_))), "{command:?}");
    }
    parsed(&["--module", "m"], &[port]).unwrap_err();
}

#[test]
fn help_and_version_are_options_and_not_values() {
    for value in ["-h", "--help", "-V", "--version"] {
        match parsed(&["--module", "m", "--class", value], &[]) {
            Ok(Command::Run(request)) => assert_eq!(request.plugin.class.as_deref(), Some(value)),
            other => panic!("{value}: {other:?}"),
        }
        let command = parsed(&["--module", "m", value, "--port", "x"], &[]);
        assert!(matches!(command, Ok(Command::Print(_))), "{value}: {command:?}");
    }
}

#[test]
fn the_options_of_a_python_class_reach_its_request() {
    let args = [
        "--module=pkg.mod",
        "--adapters=a.b:C, d:E,",
        "--interrupt=never",
        "--health-extra=a=b=c",
        "--health-extra",
        "version=1.0",
    ];
    let request = run(&args, &[("UNIVERSAL_WORKER_PYTHON", "/venv")]);
    let plugin = &request.plugin;
    assert_eq!(plugin.adapters, ["a.b:C", "d:E"]);
    assert_eq!((plugin.interrupt, plugin.language), (Interrupt::Never, Language::Any));
    assert_eq!(plugin.python.as_deref(), Some(std::path::Path::new("/venv")));
    let extra = [("a", "b=c"), ("version", "1.0")].map(|(key, value)| (key.into(), value.into()));
    assert_eq!(request.config.health_extra, extra.into_iter().collect());
    let typed = run(&["--module=m", "--python=p"], &[("UNIVERSAL_WORKER_PYTHON", "/venv")]).plugin;
    assert_eq!((typed.python, typed.language), (Some("p".into()), Language::Python));
    let plain = run(&["--module=m"], &[]).plugin;
    assert_eq!((plain.python, plain.interrupt), (None, Interrupt::Auto));
    for (args, expected) in [
        (["--adapters", "a.b"], "--adapters: expected MODULE:CLASS, separated by commas"),
        (["--adapters", "a:B:C"], "--adapters: expected MODULE:CLASS"),
        (["--interrupt", "on"], "--interrupt: expected auto or never"),
        (["--health-extra", "=b"], "--health-extra: expected KEY=VALUE"),
    ] {
        let message = error(&[&["--module=m"][..], &args].concat(), &[]);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn an_environment_is_taken_over_and_given_back_by_commands_of_their_own() {
    match parsed(&["--take-over", "/env"], &[("UNIVERSAL_WORKER_MODULE", "m")]) {
        Ok(Command::TakeOver(folder)) => assert_eq!(folder, std::path::Path::new("/env")),
        other => panic!("{other:?}"),
    }
    match parsed(&["--give-back=env"], &[]) {
        Ok(Command::GiveBack(folder)) => assert!(folder.is_absolute(), "{folder:?}"),
        other => panic!("{other:?}"),
    }
    let message = error(&["--take-over=e", "--module=m"], &[]);
    assert_eq!(message, "--take-over and --module exclude each other");
    assert!(error(&["--take-over=e", "--give-back=e"], &[]).contains("exclude each other"));
    run(&["--module=m"], &[("UNIVERSAL_WORKER_TAKE_OVER", "/env")]);
}

#[test]
fn a_failure_of_the_part_in_python_is_an_option_that_nobody_is_told_of() {
    let request = run(&["--python-failed", "why\nhint", "--module=m"], &[]);
    let failed = request.plugin.python_failed.unwrap();
    assert_eq!((&*failed.message, &*failed.hint), ("why", "hint"));
    let request = check(&["--check", "--module=m", "--python-failed=why"], &[]);
    let failed = request.plugin.python_failed.unwrap();
    assert_eq!((&*failed.message, &*failed.hint), ("why", "see the log"));
    assert!(!printed(&["--help"]).contains("python-failed"));
    assert!(!error(&["--python-faild"], &[]).contains("python-failed"));
    // Neither this one nor what the worker tells its part in Python is an option.
    for name in ["PYTHON_FAILED", "STDOUT_FD", "PYTHON_REASON", "PROGRAM", "MODULE_FILE"] {
        let variable = format!("UNIVERSAL_WORKER_{name}");
        let request = run(&["--module=m"], &[(&variable, "x")]);
        assert_eq!(request.plugin.python_failed, None);
    }
}
