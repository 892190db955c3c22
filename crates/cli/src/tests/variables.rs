//! Environment variables.

use super::*;

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
fn lists_in_variables_have_commas_and_plugin_folders_colons() {
    let vars = [("UNIVERSAL_WORKER_PLUGIN_DIR", "/b::/c"), ("UNIVERSAL_WORKER_ALLOW_HOST", "x, y")];
    let request = run(&["--module", "m", "--plugin-dir", "a,d", "--plugin-dir=e"], &vars);
    assert_eq!(request.plugin.folders, ["a,d", "e", "/b", "/c"].map(std::path::PathBuf::from));
    let two = run(&["--module=m", "--allow-host=x", "--allow-host=y"], &[]);
    assert_eq!(format!("{:?}", request.config.access), format!("{:?}", two.config.access));
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
fn a_token_that_is_not_utf8_is_an_error() {
    let vars = [(TOKEN.into(), OsStr::from_bytes(b"\xff").to_owned())];
    let message = parse(["--module=m".into()], vars).unwrap_err().to_string();
    assert_eq!(message, "UNIVERSAL_WORKER_TOKEN: the value is not UTF-8");
}

#[test]
fn an_unknown_variable_is_a_warning() {
    let vars = [
        ("UNIVERSAL_WORKER_PROT", "3"),
        ("UNIVERSAL_WORKER_XYZZY", "3"),
        ("UNIVERSAL_WORKER_TOKEN", "t"),
        ("UNIVERSAL_WORKER_TREE", "t"),
        ("UNIVERSAL_WORKER_PLUGIN_DIR", "t"),
        ("OTHER", "t"),
    ];
    let expected = [
        "UNIVERSAL_WORKER_PROT is no variable of this worker; did you mean UNIVERSAL_WORKER_PORT?",
        "UNIVERSAL_WORKER_XYZZY is no variable of this worker",
    ];
    assert_eq!(run(&["--module=m"], &vars).config.warnings, expected);
    assert_eq!(check(&["--module=m", "--check"], &vars).inspect.warnings, expected);
}

#[test]
fn the_variables_of_the_worker_are_taken_and_those_of_others_left() {
    let own = own_variables();
    for name in ["UNIVERSAL_WORKER_QUEUE", "LISTEN_FDS", "NOTIFY_SOCKET", TOKEN] {
        assert!(own.contains(&name.into()), "{name}");
    }
    for flag in flags() {
        let name = variable(option_name(flag)).map(Into::into);
        assert!(name.is_none_or(|name| own.contains(&name)), "{flag:?}");
    }
    assert!(!own.contains(&"UNIVERSAL_WORKER_TREE".into()));
}
