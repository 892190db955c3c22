//! Help, and the table of options behind it.

use super::*;

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
