//! The rows of `exec`, which runs a command in place of a plugin.

use super::{AT_MOST, AT_ONCE, BOTH, FAULTS, LEASE, PARENT, SOON, row};
use crate::fixture::Exit;
use crate::host::{Setting, has_namespaces};
use crate::row::{Cleanups, Fault, Plugin, Promise, Row, State};

/// The commands, as scripts of a shell.
const PLAIN: &str = ": >\"$FAULTS_FOLDER/ready\"; exec sleep 600";
const DEAF: &str = "trap '' TERM; : >\"$FAULTS_FOLDER/ready\"; while :; do sleep 600; done";
/// Its daemon has forked twice and called setsid(2).
const DAEMON: &str = "(setsid sleep 600 &); : >\"$FAULTS_FOLDER/ready\"; exec sleep 600";
const DEAF_DAEMON: &str =
    "(trap '' TERM; setsid sleep 600 &); : >\"$FAULTS_FOLDER/ready\"; exec sleep 600";
/// A chain of processes, each of which ends when it has started the next one.
const FORKS_ON: &str = "python3 -c \"import os
open(os.environ['FAULTS_FOLDER'] + '/ready', 'w')
for _ in range(100000):
    if os.fork(): os._exit(0)
\" & exec sleep 600";

const fn ends(end: Exit, within: std::time::Duration) -> Promise {
    Promise { end, or: None, within, cleanups: Cleanups::Any }
}

/// What ends the command and its descendants, handed on.
const TERMINATED: Promise = ends(Exit::Signal(15), AT_ONCE);
const KILLED: Promise = ends(Exit::Signal(9), AT_MOST);

fn of(script: &'static str, name: &str, fault: Fault, promise: Promise) -> Row {
    let row = row(&format!("exec: {name}"), State::CommandRuns, fault, promise);
    Row { plugin: Plugin::Command(script), ..row }
}

pub(super) fn rows() -> Vec<Row> {
    [kind_rows(), host_rows(), stop_rows(), end_rows()].into_iter().flatten().collect()
}

/// Commands of every kind, whose host or guard is asked to end.
fn kind_rows() -> Vec<Row> {
    let kinds = [
        ("a plain command", PLAIN, TERMINATED),
        ("a command that ignores SIGTERM", DEAF, KILLED),
        ("a command with a daemon", DAEMON, TERMINATED),
        (
            "a command with a daemon that ignores SIGTERM",
            DEAF_DAEMON,
            ends(Exit::Signal(15), AT_MOST),
        ),
        (
            "a command with processes that fork and exit at once",
            FORKS_ON,
            ends(Exit::Signal(15), AT_MOST),
        ),
    ];
    let mut rows = Vec::new();
    for (fault, name) in FAULTS {
        for (what, script, promise) in kinds {
            rows.push(of(script, &format!("{name}, {what}"), fault, promise));
        }
    }
    rows
}

/// Other ways in which the host of a plain command ends.
fn host_rows() -> Vec<Row> {
    let plain = |name: &str, fault| of(PLAIN, name, fault, TERMINATED);
    let at_start = |options, end| Row {
        state: State::Starts,
        options,
        ..of(PLAIN, "started after the host has ended", Fault::Nothing, ends(end, SOON))
    };
    let mut rows = vec![
        Row { options: LEASE, ..plain("host killed, with a lease only", Fault::HostKilled) },
        Row { options: BOTH, ..plain("host killed, with both", Fault::HostKilled) },
        Row { options: LEASE, ..plain("lease closed by a running host", Fault::LeaseClosed) },
        plain("host killed, but not reaped", Fault::HostNotReaped),
        plain("host stopped, then killed", Fault::HostStoppedAndKilled),
        plain("stopped, host killed, continued", Fault::StoppedWhileHostIsKilled),
        at_start(&["--ppid", "DEAD"], Exit::Code(0)),
    ];
    if has_namespaces() {
        let name = "exec: started by a host in another pid namespace".to_owned();
        let setting = Setting::OtherNamespace;
        rows.push(Row { name, setting, ..at_start(PARENT, Exit::Code(2)) });
    }
    for (what, setting) in [
        ("stderr is a full pipe that is not read", Setting::FullPipe),
        ("stderr is a closed pipe", Setting::ClosedPipes),
        ("stderr is on a full disk", Setting::FullDisk),
        ("started by a thread that has ended", Setting::EndedThread),
    ] {
        let row = plain(&format!("host killed, {what}"), Fault::HostKilled);
        rows.push(Row { setting, ..row });
    }
    rows
}

fn stop_rows() -> Vec<Row> {
    let at_once = Promise { within: AT_ONCE, ..KILLED };
    let second = Fault::TerminatedAndInterrupted;
    vec![of(DEAF, "SIGTERM and SIGINT, a command that ignores SIGTERM", second, at_once)]
}

/// Commands that end by themselves.
fn end_rows() -> Vec<Row> {
    let ended = |name: &str, script, promise| Row {
        state: State::Starts,
        ..of(script, name, Fault::Nothing, promise)
    };
    vec![
        ended("exit code 0", "exit 0", ends(Exit::Code(0), SOON)),
        ended("exit code 1", "exit 1", ends(Exit::Code(1), SOON)),
        ended("exit code 137", "exit 137", ends(Exit::Code(137), SOON)),
        ended("exit code 139", "exit 139", ends(Exit::Code(139), SOON)),
        ended("ended by SIGKILL", "kill -KILL $$", ends(Exit::Signal(9), SOON)),
        ended("ended by SIGSEGV", "kill -SEGV $$", ends(Exit::Signal(11), SOON)),
        ended(
            "ended, and left daemons",
            "(setsid sleep 600 &); (setsid sleep 600 &); exit 3",
            ends(Exit::Code(3), SOON),
        ),
    ]
}
