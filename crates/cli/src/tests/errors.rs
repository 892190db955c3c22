//! Usage errors, and how they are reported.

use super::*;

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
        (&["--module", "m", "--crash-file=x", "--announce-file", "x"], "are both"),
        (&["--module", "m", "--crash-file=x", "--uds", "./x"], "--uds and --crash-file are both"),
        (&["--module", "m", "--json"], "--json goes with --check or --list"),
        (&["--module", "m", "--execute", "{}"], "--execute goes with --check"),
        (&["--check"], "--module is missing"),
    ] {
        let message = error(args, &[]);
        assert!(message.contains(expected), "{args:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[track_caller]
fn report(args: &[&str], vars: &[(&str, &str)]) -> FailureReport {
    parsed(args, vars).unwrap_err().report().clone()
}

#[test]
fn an_error_is_reported_where_the_other_arguments_say() {
    let to = |args: &[&str], vars: &[(&str, &str)]| {
        report(&[args, &["--nonsense"]].concat(), vars).announce
    };
    assert_eq!(to(&[], &[]), Some(AnnounceTo::Stdout));
    for (args, vars) in [
        (&["--announce-file", "/a"][..], &[][..]),
        (&["--announce-file=/a", "--port=x"], &[]),
        (&[], &[("UNIVERSAL_WORKER_ANNOUNCE_FILE", "/a")]),
        (&["--announce-file=/a"], &[("UNIVERSAL_WORKER_ANNOUNCE_FILE", "/b")]),
        (&["--nonsense", "x", "--announce-file=/a"], &[]),
        (&["--announce-file=/a"], &[("UNIVERSAL_WORKER_CHECK", "maybe")]),
        (&["--config", "--check", "--announce-file=/a"], &[]),
    ] {
        assert_eq!(to(args, vars), Some(AnnounceTo::File("/a".into())), "{args:?}");
    }
    assert_eq!(to(&["--ready-fd", "7"], &[]), Some(AnnounceTo::Fd(7)));
    for args in
        [&["--ready-fd=x"][..], &["--ready-fd"], &["--announce-file="], &["--announce-filee=x"]]
    {
        assert_eq!(to(args, &[]), Some(AnnounceTo::Stdout), "{args:?}");
    }
    // Nobody waits for the announcement of a check or a list.
    for (args, vars) in [
        (&["--check", "--announce-file=/a"][..], &[][..]),
        (&["--list"], &[]),
        (&[], &[("UNIVERSAL_WORKER_CHECK", "1")]),
    ] {
        assert_eq!(to(args, vars), None, "{args:?}");
    }
}

#[test]
fn an_error_has_the_format_of_the_log() {
    for (args, vars, expected) in [
        (&["--port=x"][..], &[][..], Format::Text),
        (&["--port=x", "--log", "json"], &[], Format::Json),
        (&["--log=json", "--nonsense"], &[], Format::Json),
        (&["--port=x"], &[("UNIVERSAL_WORKER_LOG", "json")], Format::Json),
        (&["--port=x", "--log=text"], &[("UNIVERSAL_WORKER_LOG", "json")], Format::Text),
        (&["--log=xml"], &[], Format::Text),
        (&["--config", "--log=json", "--port=x"], &[], Format::Text),
        (&["--nonsense", "--log=json"], &[], Format::Json),
    ] {
        assert_eq!(
            report(&[&["--module=m"], args].concat(), vars).log_format,
            expected,
            "{args:?}"
        );
    }
}
