//! A command at a terminal.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Running;
use crate::support::program;

/// Executes its arguments at a terminal of their own, and copies from stdin and to stdout.
const TERMINAL: &str = "import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// Counts what Ctrl-C does.
const COMMAND: &str = "import os, signal, time
signal.signal(signal.SIGINT, lambda *_: os.write(1, b'interrupted\\n'))
print('ready', flush=True)
print(os.isatty(0), os.isatty(1), os.tcgetpgrp(0) == os.getpgrp(), flush=True)
for line in open(0):
    if line == 'end\\n': os._exit(5)
    time.sleep(0.05)
    print('read', line, end='', flush=True)
";

#[tokio::test]
async fn a_key_of_the_terminal_reaches_the_command_once() {
    let mut command = Command::new("python3");
    command.args(["-c", TERMINAL]).arg(program()).args(["exec", "--", "python3", "-c", COMMAND]);
    command.stdin(Stdio::piped()).kill_on_drop(true);
    let mut running = Running::start(command).await;
    let mut keys = running.child.stdin.take().unwrap();
    assert_eq!(running.line().await, "True True True");
    keys.write_all(b"\x03").await.unwrap();
    assert_eq!(running.line().await.trim_start_matches("^C"), "interrupted");
    // A second signal would have come before the answer.
    keys.write_all(b"one\n").await.unwrap();
    assert_eq!(running.line().await, "one");
    assert_eq!(running.line().await, "read one");
    keys.write_all(b"end\n").await.unwrap();
    assert_eq!(running.wait().await.code(), Some(5));
}

/// Starts its arguments in the background of a terminal, and tells how they end.
const BACKGROUND: &str = "import os, pty, subprocess, sys, termios
_, slave = pty.openpty()
def take():
    os.setsid()
    os.close(os.open(os.ttyname(slave), os.O_RDWR))
attributes = termios.tcgetattr(slave)
attributes[3] |= termios.TOSTOP
termios.tcsetattr(slave, termios.TCSANOW, attributes)
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
take()
job = subprocess.Popen(sys.argv[1:], stderr=slave, process_group=0)
print('ready', flush=True)
sys.stdin.readline()
job.terminate()
pid, status = os.waitpid(job.pid, os.WUNTRACED)
print('stopped' if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status), flush=True)
job.kill()
";

#[tokio::test]
async fn the_last_line_is_written_from_the_background_too() {
    let mut command = Command::new("python3");
    command.args(["-c", BACKGROUND]).arg(program());
    command.args(["exec", "--stop-grace", "0.3", "--", "sh", "-c", "trap '' TERM; sleep 60; :"]);
    command.stdin(Stdio::piped()).kill_on_drop(true);
    let mut running = Running::start(command).await;
    // The shell has to ignore the signal first.
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    running.child.stdin.take().unwrap().write_all(b"\n").await.unwrap();
    assert_eq!(running.line().await, "-9");
}
