//! Every end: of the command, of its host, and of `exec` itself.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command as StdCommand, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use rustix::process::Signal;
use tokio::process::Command;

use super::{Running, exec, output};
use crate::support::{is_gone, program, scratch, until, until_gone};
use crate::system::forbidding;

/// Commands that resist their end, each in its own way; all write a line when they do.
const KINDS: [(&str, &str); 5] = [
    ("plain", "echo ready; exec sleep 600"),
    ("deaf", "trap '' TERM; echo ready; while :; do sleep 600; done"),
    ("daemon", "(setsid sleep 600 &); echo ready; sleep 600"),
    ("deaf daemon", "trap '' TERM; (setsid sh -c 'sleep 600; sleep 600' &); echo ready; sleep 600"),
    ("forks on", "python3 -c \"$FORKS\" & exec sleep 600"),
];

/// A chain of processes, each of which ends when it has started the next one.
const FORKS: &str = "import os
print('ready', flush=True)
for _ in range(100000):
    if os.fork(): os._exit(0)
";

fn of_kind(options: &[&str], script: &str) -> Command {
    let mut command = exec(options, &["sh", "-c", script]);
    command.env("FORKS", FORKS).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn the_exit_of_the_command_is_handed_on() {
    for code in [0, 1, 137, 139, 255] {
        let status = exec(&[], &["sh", "-c", &format!("exit {code}")]).status().await.unwrap();
        assert_eq!(status.code(), Some(code));
    }
    // The command itself may leave a core dump.
    let folder = scratch();
    for signal in [1, 2, 3, 6, 9, 11, 15, 34] {
        let script = format!("ulimit -c unlimited; kill -{signal} $$");
        let mut command = exec(&[], &["sh", "-c", &script]);
        let status = command.current_dir(folder.path()).status().await.unwrap();
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal), false), "{status}");
    }
}

#[tokio::test]
async fn a_command_that_does_not_start_is_told_on_stderr() {
    let folder = scratch();
    let script = folder.path().join("script");
    fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let not_executable = script.to_str().unwrap().to_owned();
    let orphaned = format!("{not_executable}2");
    let made = StdCommand::new("install").args([&not_executable, &orphaned]).status().unwrap();
    assert!(made.success());
    for (options, command, code, message) in [
        (&[][..], "no-such-command", 127, "no-such-command: command not found\n"),
        (&[], "/no/such/command", 127, "/no/such/command: command not found\n"),
        (&[], &orphaned, 127, ": its interpreter is not found"),
        (&[], &not_executable, 126, ": cannot be executed: Permission denied"),
        (&[], "/", 126, "/: cannot be executed: Permission denied"),
        (&["--lease-fd", "77"], "true", 2, "error: --lease-fd: file descriptor 77 is not open\n"),
        (&["--lease-fd", "0"], "true", 2, "is neither a pipe nor a socket: it is /dev/null"),
        (&["--ppid", "4294967295"], "true", 2, "error: --ppid: 4294967295 is not a process id"),
        (&[], "", 2, "error: exec: the command is empty\n"),
        (&["--port", "1"], "true", 2, "error: unknown option --port of exec"),
    ] {
        let (ended, stdout, stderr) = output(exec(options, &[command])).await;
        assert_eq!((ended, &*stdout), (Some(code), ""), "{command}: {stderr}");
        assert!(stderr.contains(message) && stderr.lines().count() == 1, "{command}: {stderr}");
    }
}

#[tokio::test]
async fn without_a_host_the_command_is_not_started() {
    let mut dead = StdCommand::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let pid = dead.id().to_string();
    let gone = output(exec(&["--ppid", &pid], &["echo", "started"])).await;
    let line = format!("universal-worker exec: stopped: the parent process {pid} is gone\n");
    assert_eq!(gone, (Some(0), String::new(), line));
    let mut closed = exec(&["--lease-fd", "0"], &["echo", "started"]);
    closed.stdin(io::pipe().unwrap().0);
    let line = "universal-worker exec: stopped: the other end of the lease 0 is closed\n";
    assert_eq!(output(closed).await, (Some(0), String::new(), line.to_owned()));
}

#[tokio::test]
async fn sigterm_ends_commands_of_every_kind_within_the_grace() {
    for (kind, script) in KINDS {
        let mut running = Running::start(of_kind(&["--stop-grace", "0.3"], script)).await;
        let start = Instant::now();
        running.signal(Signal::TERM);
        let status = running.wait().await;
        let took = start.elapsed();
        let expected = match kind {
            "deaf" | "deaf daemon" => 9,
            _ => 15,
        };
        assert_eq!(status.signal(), Some(expected), "{kind}: {status}");
        assert!(running.marked().is_empty(), "{kind}");
        let stderr = running.stderr().await;
        let told = "universal-worker exec: stopped: SIGTERM; killed after 0.";
        let is_told = stderr.starts_with(told) && stderr.lines().count() == 1;
        match kind {
            "plain" | "daemon" => assert_eq!(stderr, ""),
            "forks on" => {}
            _ => assert!(is_told, "{kind}: {stderr}"),
        }
        assert!(took < Duration::from_secs(20), "{kind}: {took:?}");
    }
}

#[tokio::test]
async fn the_end_of_the_host_ends_commands_of_every_kind() {
    for (kind, script) in KINDS {
        let mut host = Command::new("sh");
        let as_host = "\"$0\" exec --ppid $$ --stop-grace 0.3 -- sh -c \"$1\" & wait";
        host.args(["-c", as_host]).arg(program()).arg(script).env("FORKS", FORKS);
        host.stdin(Stdio::null()).stderr(Stdio::null());
        let mut running = Running::start(host).await;
        running.child.kill().await.unwrap();
        running.until_nothing_is_left().await;
        println!("{kind}: nothing is left");
    }
}

#[tokio::test]
async fn a_lease_that_closes_ends_the_command() {
    let (reads, writes) = io::pipe().unwrap();
    let mut command = of_kind(&["--lease-fd", "0"], KINDS[0].1);
    command.stdin(reads);
    let mut running = Running::start(command).await;
    drop(writes);
    assert_eq!(running.wait().await.signal(), Some(15));
    let line = "universal-worker exec: stopped: the other end of the lease 0 is closed\n";
    assert_eq!(running.stderr().await, line);
}

#[tokio::test]
async fn what_a_command_leaves_behind_ends_with_it() {
    let script = "(setsid sleep 600 &); (trap '' TERM; setsid sleep 600 &); echo ready; exit 7";
    let mut running = Running::start(of_kind(&["--stop-grace", "0.3"], script)).await;
    assert_eq!(running.wait().await.code(), Some(7));
    assert!(running.marked().is_empty());
    let stderr = running.stderr().await;
    let told = "universal-worker exec: the command has ended; killed after 0.";
    assert!(stderr.starts_with(told), "{stderr}");
}

#[tokio::test]
async fn a_second_signal_kills_at_once() {
    let script =
        "setsid sleep 600 & echo $!; trap '' TERM; echo ready; while :; do sleep 600; done";
    let script =
        script.replace("echo $!; trap '' TERM; echo ready", "trap '' TERM; echo ready; echo $!");
    let mut running = Running::start(of_kind(&["--stop-grace", "600"], &script)).await;
    let obedient: u32 = running.line().await.parse().unwrap();
    running.signal(Signal::TERM);
    // Two signals at once may be merged.
    until_gone(obedient).await;
    running.signal(Signal::INT);
    assert_eq!(running.wait().await.signal(), Some(9));
    assert!(running.marked().is_empty());
}

#[tokio::test]
async fn a_command_does_not_survive_the_sigkill_of_exec() {
    let mut running = Running::start(of_kind(&[], "trap '' TERM; echo ready; read x")).await;
    running.child.kill().await.unwrap();
    running.until_nothing_is_left().await;
}

#[tokio::test]
async fn the_command_keeps_its_children_and_orphans_are_reaped() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do (setsid true &); done; \
        for i in 1 2 3 4 5 6 7 8 9; do (exit $i) & wait $!; [ $? = $i ] || echo lost; done; \
        echo ready; exec sleep 600";
    let mut running = Running::start(of_kind(&[], script)).await;
    let pid = running.pid();
    let children = format!("/proc/{pid}/task/{pid}/children");
    until(async || fs::read_to_string(&children).unwrap().split_whitespace().count() == 1).await;
    running.signal(Signal::TERM);
    assert_eq!(running.wait().await.signal(), Some(15));
}

#[tokio::test]
async fn a_process_that_cannot_be_killed_is_named() {
    let (kill, pidfd_send_signal) =
        if cfg!(target_arch = "x86_64") { (62, 424) } else { (129, 424) };
    let mut command = Command::new("python3");
    command.args(["-c", &forbidding(kill, 1), "/usr/bin/env", "python3", "-c"]);
    command.arg(forbidding(pidfd_send_signal, 1)).arg(program());
    command.args(["exec", "--lease-fd", "0", "--stop-grace", "0.1", "--"]);
    command.args(["sh", "-c", "echo ready; echo $$; exec sleep 600"]).stderr(Stdio::piped());
    let (reads, writes) = io::pipe().unwrap();
    command.stdin(reads).kill_on_drop(true);
    let mut running = Running::start(command).await;
    let pid: u32 = running.line().await.parse().unwrap();
    drop(writes);
    assert_eq!(running.wait().await.code(), Some(4));
    let stderr = running.stderr().await;
    assert!(stderr.ends_with(&format!("could not be killed within 0.1 s: {pid}\n")), "{stderr}");
    // Its parent's end kills it, whatever a filter says.
    until(async || is_gone(pid)).await;
}

#[tokio::test]
async fn as_the_first_process_of_a_namespace_a_signal_is_a_code() {
    let unshare = "unshare --user --map-root-user --pid --fork --kill-child";
    if !crate::system::has_namespaces(unshare) {
        return;
    }
    for signal in [9, 11, 15] {
        let mut words = unshare.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(program()).args(["exec", "--", "sh", "-c"]);
        let status = command.arg(format!("kill -{signal} $$")).status().await.unwrap();
        assert_eq!(status.code(), Some(128 + signal));
    }
}
