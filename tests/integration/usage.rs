//! Mistakes on the command line.

use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use rustix::pty::OpenptFlags;

use crate::support::{program, run_to_end, run_with_env, scratch};

#[tokio::test]
async fn a_usage_error_is_one_line_that_names_the_option() {
    for (args, expected) in [
        (&["--modul", "x"][..], "--module"),
        (&["--module"][..], "--module"),
        (&[][..], "--module"),
        (&["--module", "hello", "--port", "many"][..], "--port"),
        (&["--module", "hello", "--port", "70000"][..], "--port"),
        (&["--module", "hello", "--ppid", "-1"][..], "--ppid"),
        (&["--module", "hello", "--concurrency", "0"][..], "--concurrency"),
        (&["--module", "hello", "--queue", "many"][..], "--queue"),
        (&["--module", "hello", "--run-timeout", "0"][..], "--run-timeout"),
        (&["--module", "hello", "--cancel-grace", "-1"][..], "--cancel-grace"),
        (&["--module", "hello", "--idle-timeout", "0"][..], "--idle-timeout"),
        (&["--module", "hello", "--ready-fd", "2"][..], "--ready-fd"),
        (&["--module", "hello", "--ready-fd", "77"][..], "--ready-fd"),
        (&["--module", "hello", "--ready-fd", "3", "--announce-file", "x"][..], "one place"),
        (&["--module", "hello", "--uds", "x", "--port", "1"][..], "one place"),
        (&["--module", "hello", "--fd", "77"][..], "--fd"),
        (&["--module", "hello", "--log", "xml"][..], "--log"),
        (&["--module", "hello", "--host", "192.0.2.1"][..], "loopback"),
        (&["--module", "hello", "--config", "@/no/such/file"][..], "/no/such/file"),
        (&["hello"][..], "hello"),
    ] {
        let ended = run_to_end(args).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{args:?}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn help_begins_with_examples_and_version_is_printed() {
    let help = run_to_end(&["--help"]).await;
    assert_eq!(help.code, Some(0));
    let head: Vec<&str> = help.stdout.lines().take(12).collect();
    assert!(head.join("\n").matches("universal-worker --module").count() >= 2, "{}", help.stdout);
    for option in ["--module", "--class", "--port", "--ppid", "--config", "--log-level"] {
        assert!(help.stdout.contains(option), "{option}");
    }
    let version = run_to_end(&["--version"]).await;
    assert_eq!(version.code, Some(0));
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.stdout);
}

#[tokio::test]
async fn short_forms_of_help_and_version_work() {
    let (help, version) = (run_to_end(&["--help"]).await, run_to_end(&["--version"]).await);
    for (short, long) in [("help", &help), ("-h", &help), ("-V", &version)] {
        let ended = run_to_end(&[short]).await;
        assert_eq!((ended.code, &ended.stdout), (Some(0), &long.stdout), "{short}");
    }
}

/// Hosts read the announcement of a failure; people at a terminal do not want JSON.
#[test]
fn a_usage_error_on_a_terminal_is_text_only() {
    let line = "error: unknown option --modul; did you mean --module?\r\n";
    assert_eq!(shown_on_a_terminal(&["--modul", "x"]), line);
}

#[test]
fn a_terminal_does_not_keep_a_usage_error_from_the_announce_file() {
    let dir = scratch();
    let file = dir.path().join("announcement");
    let name = file.to_str().unwrap();
    let args = ["--module", "hello", "--announce-file", name, "--lease-fd", "77"];
    let line = "error: --lease-fd: file descriptor 77 is not open\r\n";
    assert_eq!(shown_on_a_terminal(&args), line);
    assert!(fs::read_to_string(file).unwrap().contains("\"stage\":\"usage\""));
}

/// Runs the worker with a terminal as its stdout and stderr; returns what it shows.
fn shown_on_a_terminal(args: &[&str]) -> String {
    let controller = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&controller).unwrap();
    rustix::pty::unlockpt(&controller).unwrap();
    let name = rustix::pty::ptsname(&controller, Vec::new()).unwrap();
    let open = File::options().read(true).write(true).open(OsStr::from_bytes(name.to_bytes()));
    let terminal = open.unwrap();
    let mut worker = Command::new(program());
    worker.args(args).stdin(Stdio::null());
    worker.stdout(terminal.try_clone().unwrap()).stderr(terminal);
    assert_eq!(worker.status().unwrap().code(), Some(2));
    drop(worker);
    let mut shown = Vec::new();
    // Without a terminal, reading the controller ends in EIO.
    let _ = File::from(controller).read_to_end(&mut shown);
    String::from_utf8(shown).unwrap()
}

#[tokio::test]
async fn environment_variables_set_options_and_the_command_line_overrides_them() {
    let from_env = run_with_env(&["--check"], &[("UNIVERSAL_WORKER_MODULE", "hello")]).await;
    assert_eq!(from_env.code, Some(0), "{from_env:?}");
    assert!(from_env.stdout.contains("Hello"), "{}", from_env.stdout);
    let env = [("UNIVERSAL_WORKER_MODULE", "no-such-plugin")];
    let from_args = run_with_env(&["--check", "--module=hello"], &env).await;
    assert_eq!(from_args.code, Some(0), "{from_args:?}");
    let wrong = run_with_env(&["--module", "hello"], &[("UNIVERSAL_WORKER_PORT", "many")]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("UNIVERSAL_WORKER_PORT"), "{}", wrong.stderr);
}
