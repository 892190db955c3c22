//! Where the worker listens, and who may reach it.

use super::*;

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
    assert_eq!(run(&["--module=m"], &vars).config.listen, ListenAddr::Inherited(vec![3]));
    assert_eq!(run(&["--module=m", "--port=7"], &vars).config.listen.to_string(), "127.0.0.1:7");
    let of_another = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    assert_eq!(run(&["--module=m"], &of_another).config.listen.to_string(), "127.0.0.1:0");
}

#[test]
fn all_sockets_of_a_service_manager_are_used_and_beat_a_variable() {
    let pid = std::process::id().to_string();
    let passed = |count| [("LISTEN_FDS", count), ("LISTEN_PID", &*pid)];
    let vars = [&passed("3")[..], &[("UNIVERSAL_WORKER_PORT", "7"), ("LISTEN_FDNAMES", "a:b")]];
    let listen = run(&["--module=m"], &vars.concat()).config.listen;
    assert_eq!(listen, ListenAddr::Inherited(vec![3, 4, 5]));
    assert_eq!(listen.to_string(), "file descriptors 3, 4, 5");
    let typed = run(&["--module=m", "--host=::1"], &vars.concat()).config.listen;
    assert_eq!(typed.to_string(), "[::1]:0");
    let uds = [&passed("1")[..], &[("UNIVERSAL_WORKER_UDS", "s")]].concat();
    assert_eq!(run(&["--module=m"], &uds).config.listen, ListenAddr::Inherited(vec![3]));
    assert_eq!(run(&["--module=m"], &passed("0")).config.listen.to_string(), "127.0.0.1:0");
    for count in ["many", "-1", "65", "4294967295"] {
        let message = error(&["--module=m"], &passed(count));
        assert_eq!(message, "LISTEN_FDS: expected a number, at most 64", "{count}");
    }
}

#[test]
fn sockets_are_named_by_where_they_come_from() {
    let pid = std::process::id().to_string();
    let passed = [("LISTEN_FDS", "1"), ("LISTEN_PID", &*pid)];
    for (args, vars, expected) in [
        (&["--module=m", "--fd=3"][..], &[][..], "--fd"),
        (&["--module=m"], &[("UNIVERSAL_WORKER_FD", "3")], "UNIVERSAL_WORKER_FD"),
        (&["--module=m"], &passed, "LISTEN_FDS"),
        (&["--module=m", "--fd=3"], &passed, "--fd"),
    ] {
        let config = run(args, vars).config;
        assert_eq!(config.listen, ListenAddr::Inherited(vec![3]));
        assert_eq!(config.listen_option, expected, "{args:?}");
    }
}

#[test]
fn hosts_and_origins_that_no_request_can_have_are_errors() {
    let vars = [("UNIVERSAL_WORKER_ALLOW_HOST", "box.example,http://box")];
    let message = error(&["--module=m"], &vars);
    assert!(message.starts_with("UNIVERSAL_WORKER_ALLOW_HOST: expected a host name"), "{message}");
    let message = error(&["--module=m", "--allow-origin=example.org"], &[]);
    assert!(message.starts_with("--allow-origin: expected an origin"), "{message}");
}

#[test]
fn localhost_is_an_address_of_both_families() {
    for host in ["localhost", "LocalHost"] {
        let listen = run(&["--module=m", "--host", host, "--port=7"], &[]).config.listen;
        assert_eq!((&listen, &*listen.to_string()), (&ListenAddr::Localhost(7), "localhost:7"));
    }
    for host in ["::1", "[::1]", "127.8.9.1", "::ffff:127.0.0.1"] {
        run(&["--module=m", "--host", host], &[]);
    }
    assert!(error(&["--module=m", "--host=box"], &[]).contains("an IP address or localhost"));
}

#[test]
fn an_address_beyond_loopback_needs_a_permission_and_a_token() {
    let token = [("UNIVERSAL_WORKER_TOKEN", "secret")];
    for host in ["0.0.0.0", "::", "[::]", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        let host = format!("--host={host}");
        for vars in [&[][..], &token] {
            let message = error(&["--module=m", &host], vars);
            assert!(
                message.starts_with("--host: ") && message.contains("--allow-remote"),
                "{message}"
            );
        }
        let args = ["--module=m", &host, "--allow-remote"];
        let message = error(&args, &[]);
        assert!(message.starts_with("--allow-remote needs a token: --token-file"), "{message}");
        let config = run(&args, &token).config;
        assert_eq!(config.reach, Reach::Remote);
    }
    let by_variables =
        [("UNIVERSAL_WORKER_HOST", "0.0.0.0"), ("UNIVERSAL_WORKER_ALLOW_REMOTE", "1")];
    let message = error(&["--module=m"], &by_variables);
    assert!(message.starts_with("UNIVERSAL_WORKER_ALLOW_REMOTE needs a token"), "{message}");
    run(&["--module=m"], &[&by_variables[..], &token].concat());
    assert_eq!(run(&["--module=m"], &token).config.reach, Reach::Loopback);
}

#[test]
fn a_token_comes_from_a_file_or_a_variable_and_never_from_an_argument() {
    let token = |args: &[&str], vars: &[(&str, &str)]| {
        run(&[&["--module=m"], args].concat(), vars).config.token
    };
    assert_eq!(token(&[], &[]), None);
    let variable = ("UNIVERSAL_WORKER_TOKEN", "secret");
    let text = token(&[], &[variable]).unwrap();
    assert_eq!((&*text.option, text.content), (variable.0, TokenContent::Text("secret".into())));
    // The command line wins.
    let file = token(&["--token-file=/t"], &[variable]).unwrap();
    assert_eq!((&*file.option, file.content), ("--token-file", TokenContent::File("/t".into())));
    let file = ("UNIVERSAL_WORKER_TOKEN_FILE", "/t");
    assert_eq!(token(&[], &[file]).unwrap().option, file.0);
    assert!(error(&["--module=m"], &[variable, file]).contains("exclude each other"));
    assert!(error(&["--module=m"], &[("UNIVERSAL_WORKER_TOKEN", "")]).contains("is empty"));
    for args in [&["--module=m", "--token", "secret"][..], &["--module=m", "--token=secret"]] {
        let message = error(args, &[]);
        assert!(message.contains("--token-file") && message.contains("UNIVERSAL_WORKER_TOKEN"));
        assert!(!message.contains("secret"), "{message}");
    }
}
