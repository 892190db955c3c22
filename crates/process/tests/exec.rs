//! What a front end does before it executes another program: stdout set aside, signals blocked; and
//! what becomes of a process whose thread panics.
//!
//! The test program starts itself again as that front end.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which a failed step fails")]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, io};

use rustix::process::Signal;
use universal_worker_process::{Queue, exit, signals, stdout, thread};

/// The variable that selects what the process does.
const ROLE: &str = "EXEC_ROLE";
const ASIDE: &str = "EXEC_ASIDE";

fn command(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "front_end", "--nocapture"]).env(ROLE, role);
    command
}

fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).unwrap();
}

/// Not a test, but the process that the tests start.
#[test]
fn front_end() {
    let Ok(role) = env::var(ROLE) else { return };
    match role.as_str() {
        "set-aside" => {
            let aside = stdout::set_aside().unwrap();
            print("printed meanwhile\n");
            panic!("{}", command("restore").env(ASIDE, aside.to_string()).exec());
        }
        "restore" => {
            let aside = env::var(ASIDE).unwrap().parse().unwrap();
            assert!(aside >= 3);
            print("printed by another program\n");
            stdout::restore(aside).unwrap();
            assert!(fs::read_link(format!("/proc/self/fd/{aside}")).is_err());
            assert!(stdout::restore(aside).is_err());
            print("restored\n");
        }
        "block" => {
            signals::block();
            panic!("{}", command("watch").exec());
        }
        "watch" => {
            for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
                rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
            }
            let seen = Queue::unbounded();
            let sender = seen.clone();
            signals::watch(move |signal| sender.push(signal).unwrap()).unwrap();
            assert_eq!(seen.pop_timeout(Duration::from_millis(20)), None);
            signals::unblock();
            let mut names: Vec<_> = (0..3).map(|_| seen.pop()).collect();
            names.sort_unstable();
            print(&format!("{names:?}\n"));
        }
        "panic" => {
            thread::on_panic(|name| {
                print(&format!("{name} panicked\n"));
                exit::now(0)
            });
            thread::spawn("cripple", "a test", || panic!("a bug")).unwrap();
            let _: () = Queue::unbounded().pop();
        }
        other => panic!("{other}"),
    }
    exit::now(0)
}

fn run(role: &str) -> (String, String) {
    let output = command(role).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    (stdout, stderr)
}

#[test]
fn stdout_is_set_aside_across_an_exec() {
    let (stdout, stderr) = run("set-aside");
    assert!(stdout.contains("restored"), "{stdout}");
    assert!(!stdout.contains("printed"), "{stdout}");
    assert!(stderr.contains("printed meanwhile"), "{stderr}");
    assert!(stderr.contains("printed by another program"), "{stderr}");
}

#[test]
fn a_blocked_signal_waits_for_its_watcher_across_an_exec() {
    let (stdout, _) = run("block");
    assert!(stdout.contains("[\"SIGHUP\", \"SIGINT\", \"SIGTERM\"]"), "{stdout}");
}

#[test]
fn a_thread_that_panics_ends_the_process_as_the_handler_says() {
    let (stdout, stderr) = run("panic");
    assert!(stdout.contains("cripple panicked"), "{stdout}");
    assert!(stderr.contains("a bug"), "{stderr}");
}
