//! What the command gets as if it were started without `exec`, and what it does not get.

use std::io::{Read, Seek, Write};
use std::process::Stdio;
use std::time::Duration;
use std::{fs, io};

use rustix::process::Signal;
use tokio::process::Command;

use super::{Running, exec, output};
use crate::support::{program, scratch, until};

#[tokio::test]
async fn ten_megabytes_pass_byte_for_byte() {
    let bytes: Vec<u8> =
        (0_u32..10 << 20).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    for stream in ["exec cat", "exec cat >&2"] {
        file.rewind().unwrap();
        let mut command = exec(&[], &["sh", "-c", stream]);
        let output = command.stdin(file.try_clone().unwrap()).output().await.unwrap();
        let (full, empty) = match stream {
            "exec cat" => (output.stdout, output.stderr),
            _ => (output.stderr, output.stdout),
        };
        assert!(full == bytes && empty.is_empty(), "{stream}: {}", full.len());
    }
    // What the command has not read is still there.
    file.rewind().unwrap();
    let mut command = exec(&[], &["head", "-c", "0"]);
    command.stdin(file.try_clone().unwrap()).status().await.unwrap();
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), bytes.len());
}

/// Prepares what a process inherits, and executes its arguments.
const INHERITED: &str = "import os, signal, sys
blocks, ignores = (int(it, 0) for it in sys.argv[1:3])
numbers = [n for n in range(1, 65) if n not in (9, 19, 32, 33)]
for n in numbers: signal.signal(n, signal.SIG_IGN if ignores >> n & 1 else signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, [n for n in numbers if blocks >> n & 1])
os.dup2(0, 9)
os.close(int(sys.argv[3]))
os.execvp(sys.argv[4], sys.argv[4:])
";

#[tokio::test]
async fn signals_and_files_are_inherited_as_without_exec() {
    let bit =
        |signals: &[i32]| signals.iter().fold(0_u64, |set, signal| set | 1 << signal).to_string();
    // SIGHUP, SIGINT, SIGUSR1, SIGPIPE, SIGTERM, SIGCHLD, SIGXFSZ.
    let all = [1, 2, 10, 13, 15, 17, 25];
    for (blocked, ignored, closed) in [
        (&[][..], &[][..], "9"),
        (&all, &all, "0"),
        (&[], &[13], "2"),
        (&[1, 60], &[1, 17, 60], "1"),
    ] {
        let inherited = |words: &[&str]| {
            let mut command = Command::new("python3");
            command.args(["-c", INHERITED, &bit(blocked), &bit(ignored), closed]).args(words);
            command.stdin(Stdio::null());
            command
        };
        let folder = scratch();
        let (status, files) = (folder.path().join("status"), folder.path().join("files"));
        // Executed itself: a shell would change signals.
        let copy = format!("of={}", status.display());
        let copy = ["dd", "if=/proc/self/status", &copy, "status=none"];
        let list = format!("exec 8>'{}'; ls -l /proc/$$/fd >&8 2>&8", files.display());
        let list = ["bash", "-c", &list];
        let program = program();
        let exec = [program.to_str().unwrap(), "exec", "--"];
        let mut looks = Vec::new();
        for prefix in [&[][..], &exec] {
            inherited(&[prefix, &copy].concat()).output().await.unwrap();
            inherited(&[prefix, &list].concat()).output().await.unwrap();
            let status = fs::read_to_string(&status).unwrap();
            let signals =
                status.lines().filter(|line| line.starts_with("Sig") && !line.starts_with("SigQ"));
            let signals = signals.map(str::to_owned);
            let files = fs::read_to_string(&files).unwrap();
            looks.push(signals.chain(files.lines().filter_map(link)).collect::<Vec<_>>());
        }
        assert_eq!(looks[0], looks[1], "{blocked:?} {ignored:?} {closed}");
        assert!(looks[0].len() > 7, "{looks:?}");
    }
}

/// The number of a file descriptor and the kind of its file, from a line of `ls`.
fn link(line: &str) -> Option<String> {
    let (link, target) = line.split_once(" -> ")?;
    Some(format!("{} {}", link.rsplit(' ').next()?, target.split(':').next()?))
}

#[tokio::test]
async fn the_environment_passes_but_for_the_options() {
    let vars = [
        ("UNIVERSAL_WORKER_PPID", "0"),
        ("UNIVERSAL_WORKER_STOP_GRACE", "1"),
        ("UNIVERSAL_WORKER_PORT", "x"),
        ("NOTIFY_SOCKET", "/s"),
        ("B", "2"),
        ("A", ""),
    ];
    let mut command = exec(&[], &["/usr/bin/env"]);
    let (code, stdout, stderr) = output({
        command.env_clear().envs(vars);
        command
    })
    .await;
    assert_eq!((code, &*stderr), (Some(0), ""));
    let mut lines: Vec<&str> = stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["A=", "B=2", "NOTIFY_SOCKET=/s", "UNIVERSAL_WORKER_PORT=x"]);
}

#[tokio::test]
async fn the_command_has_no_lease() {
    let (reads, _writes) = io::pipe().unwrap();
    let script = "exec \"$@\" 7<&0 0</dev/null";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(program()).args(["exec", "--lease-fd", "7", "--"]);
    command.args(["ls", "/proc/self/fd"]).stdin(reads);
    let (code, stdout, stderr) = output(command).await;
    assert_eq!((code, &*stderr), (Some(0), ""));
    assert!(stdout.starts_with("0\n1\n") && !stdout.contains("7\n"), "{stdout}");
}

#[tokio::test]
async fn other_signals_pass_to_the_command_but_not_its_own() {
    let script = "trap 'echo usr1' USR1; trap 'echo usr2' USR2; trap 'echo quit; exit 3' QUIT; \
        echo ready; kill -USR1 $PPID; while :; do sleep 0.01; done";
    let mut running = Running::start(exec(&[], &["bash", "-c", script])).await;
    for (signal, expected) in
        [(Signal::USR2, "usr2"), (Signal::USR1, "usr1"), (Signal::QUIT, "quit")]
    {
        running.signal(signal);
        assert_eq!(running.line().await, expected);
    }
    assert_eq!(running.wait().await.code(), Some(3));
}

#[tokio::test]
async fn a_waiting_exec_has_one_thread_and_little_memory_and_never_wakes_up() {
    let mut parent = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let options = ["--ppid", &parent.id().to_string()];
    let mut running =
        Running::start(exec(&options, &["sh", "-c", "echo ready; exec sleep 600"])).await;
    let status = || fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
    // It sleeps soon after the command has started.
    until(async || status().contains("State:\tS")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = status();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let switches = |status: String| {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(switches(before.clone()), switches(status()));
    assert!(before.contains("Threads:\t1\n"), "{before}");
    let kibibytes = |name: &str| -> u32 {
        let memory = before.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        memory.trim().trim_end_matches(" kB").parse().unwrap()
    };
    // The pages of the program are far more in a debug build; a release has 1.5 MiB in all.
    assert!(kibibytes("RssAnon:") < 1024 && kibibytes("VmRSS:") < 6 * 1024, "{before}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    running.wait().await;
}
