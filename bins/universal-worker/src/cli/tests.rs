use super::*;

fn parsed(args: &[&str], vars: &[(&str, &str)]) -> Result<Command, Failure> {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let vars = vars.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    parse(&args, &vars)
}

fn settings(args: &[&str], vars: &[(&str, &str)]) -> Settings {
    match parsed(args, vars) {
        Ok(Command::Run(settings)) => *settings,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[test]
fn a_value_may_stand_behind_a_sign_or_a_space() {
    for args in [&["--module", "m", "--port", "7"][..], &["--module=m", "--port=7"]] {
        let settings = settings(args, &[]);
        assert_eq!(settings.plugin.module, "m");
        assert_eq!(settings.place.to_string(), "127.0.0.1:7");
    }
    let settings = settings(&["--module=a=b", "--config={\"a\":1}"], &[]);
    assert_eq!(settings.plugin.module, "a=b");
    assert_eq!(settings.config.unwrap(), b"{\"a\":1}");
}

#[test]
fn the_command_line_of_the_python_host_works_unchanged() {
    let args = ["--module", "/x/libw.so", "--class", "W", "--port", "12345", "--ppid", "1234"];
    let settings = settings(&args, &[]);
    assert_eq!(settings.plugin.class.as_deref(), Some("W"));
    assert_eq!(settings.place.to_string(), "127.0.0.1:12345");
    assert_eq!(settings.parent, Some(1234));
}

#[test]
fn a_variable_stands_in_for_an_option_and_the_command_line_wins() {
    let vars = [("UNIVERSAL_WORKER_MODULE", "v"), ("UNIVERSAL_WORKER_LOG", "json")];
    let from_vars = settings(&[], &vars);
    assert_eq!((from_vars.plugin.module.as_str(), from_vars.log), ("v", LogFormat::Json));
    let from_args = settings(&["--module", "m", "--log=text"], &vars);
    assert_eq!((from_args.plugin.module.as_str(), from_args.log), ("m", LogFormat::Text));
    assert!(matches!(
        parsed(&["--module", "m"], &[("UNIVERSAL_WORKER_CHECK", "1")]),
        Ok(Command::Check(..))
    ));
}

#[test]
fn a_wrong_option_names_the_nearest_right_one() {
    for (args, told) in [
        (&["--modul", "m"][..], "--module"),
        (&["--log_level", "info"], "--log-level"),
        (&["--pid", "1"], "--ppid"),
        (&["--xyzzy"], "--help"),
        (&["m"], "'m'"),
        (&["--port"], "--port needs a value"),
        (&["--check=1"], "--check takes no value"),
        (&["--module", "m", "--module", "n"], "--module is given twice"),
        (&["--module", "m", "--port", "x"], "--port: expected a port"),
        (&["--module", "m", "--host", "0.0.0.0"], "loopback"),
        (&["--module", "m", "--stop-grace", "-1"], "--stop-grace: expected seconds"),
        (&["--module", "m", "--stop-grace", "0.05"], "--stop-grace: expected seconds, 0.1 or"),
        (&["--module", "m", "--log-level", "loud,,=="], "--log-level"),
    ] {
        match parsed(args, &[]) {
            Err(Failure::Usage(message)) => {
                assert!(message.contains(told), "{args:?}: {message}");
                assert_eq!(message.lines().count(), 1, "{message}");
            }
            other => panic!("{args:?}: {other:?}"),
        }
    }
}

#[test]
fn seconds_are_any_number_and_too_many_are_for_ever() {
    let limit =
        |value| settings(&["--module", "m", "--run-timeout", value], &[]).limits.run_timeout;
    assert_eq!(limit("0.5"), Some(std::time::Duration::from_millis(500)));
    for forever in ["1e300", "1e400", "9999999999999999999999"] {
        assert!(limit(forever).unwrap().as_secs() > 1_000_000_000, "{forever}");
    }
    for (option, value, told) in [
        ("--load-timeout", "0", "above 0; leave it out for 60 s"),
        ("--run-timeout", "0", "above 0; leave it out for no limit"),
        ("--run-timeout", "inf", "a finite number of 0 or more, not 'inf'"),
        ("--run-timeout", "nan", "a finite number of 0 or more, not 'nan'"),
        ("--run-timeout", "-1", "seconds, 0 or more, not '-1'"),
        ("--run-timeout", "long", "seconds, 0 or more, not 'long'"),
    ] {
        let refused = parsed(&["--module", "m", option, value], &[]).unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
}

#[test]
fn a_list_takes_what_is_said_of_folders_and_nothing_else() {
    let vars = [("UNIVERSAL_WORKER_MODULE", "m"), ("UNIVERSAL_WORKER_CHECK", "1")];
    match parsed(&["--list", "--plugin-dir", "d", "--load-timeout", "3"], &vars) {
        Ok(Command::List(order)) => {
            assert_eq!((order.load_timeout.as_secs(), order.named), (3, vec!["d".into()]));
        }
        other => panic!("{other:?}"),
    }
    for other in
        [&["--json"][..], &["--check"], &["--module", "m"], &["--class", "C"], &["--execute", "{}"]]
    {
        let refused = parsed(&[&["--list"], other].concat(), &[]).unwrap_err();
        let told = format!("{} goes with one plugin", other[0]);
        assert!(refused.to_string().contains(&told), "{refused}");
    }
}

#[test]
fn a_wrong_variable_is_called_by_its_name() {
    match parsed(&["--module", "m"], &[("UNIVERSAL_WORKER_PORT", "x")]) {
        Err(Failure::Usage(message)) => assert!(message.starts_with("UNIVERSAL_WORKER_PORT:")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn help_and_version_are_told() {
    for (args, told) in [(["--help"], "Examples:"), (["-h"], "--module"), (["--version"], "0.")] {
        match parsed(&args, &[]) {
            Ok(Command::Tell(text)) => assert!(text.contains(told), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}
