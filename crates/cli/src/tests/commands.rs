//! Commands other than to serve.

use super::*;

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
    for (args, format) in
        [(&["--list"][..], ReportFormat::Text), (&["--list", "--json"], ReportFormat::Json)]
    {
        match parsed(args, &[]) {
            Ok(Command::List(request)) => {
                assert_eq!(request.load_timeout, Duration::from_secs(10));
                assert_eq!(request.format, format);
            }
            other => panic!("{other:?}"),
        }
    }
    for other in [&["--check"][..], &["--module", "m"], &["--class", "C"], &["--execute", "{}"]] {
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
fn a_failure_of_the_part_in_python_is_a_hidden_option() {
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

#[test]
fn a_check_has_the_log_of_its_options() {
    let text = check(&["--module=m", "--check"], &[]).inspect;
    assert_eq!((text.log_format, text.log_filter.filter().as_str()), (Format::Text, "INFO"));
    let args = ["--module=m", "--check", "--log=json"];
    let json = check(&args, &[("UNIVERSAL_WORKER_LOG_LEVEL", "debug")]).inspect;
    assert_eq!((json.log_format, json.log_filter.filter().as_str()), (Format::Json, "DEBUG"));
}
