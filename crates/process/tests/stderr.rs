//! A captured stderr, in processes of their own: this program executes itself.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::io::Write;
use std::process::{Command, Output};
use std::{env, io, thread};

use universal_worker_process::{Queue, exit, fd, stderr};

/// Says to the program that it is the child, and which.
const CHILD: &str = "STDERR_TEST_CHILD";

fn run(child: &str) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "the_child", "--nocapture"]).env(CHILD, child).output().unwrap()
}

#[test]
fn a_thread_with_a_table_of_its_own_still_reaches_the_original() {
    for child in ["thread", "text"] {
        let output = run(child);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        let expected = if child == "text" {
            "last \"words\"\n"
        } else {
            "\"level\":\"ERROR\",\"target\":\"universal_worker\",\"message\":\"last \\\"words\\\"\"}\n"
        };
        assert!(text.ends_with(expected), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn what_nobody_reads_is_written_by_a_crash() {
    let output = run("hang");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, message) in lines.iter().zip(["one", "two"]) {
        let end = format!("\"level\":\"WARN\",\"target\":\"stderr\",\"message\":\"{message}\"}}");
        assert!(line.starts_with('{') && line.ends_with(&end), "{text}");
    }
}

/// A logger whose first line never ends, as if its reader slept.
struct Hanging;

impl log::Log for Hanging {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {
        loop {
            thread::park();
        }
    }

    fn flush(&self) {}
}

/// Does nothing unless this is the child.
#[test]
fn the_child() {
    let Ok(child) = env::var(CHILD) else { return };
    match &*child {
        "hang" => {
            log::set_logger(&Hanging).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
            stderr::capture().unwrap();
            io::stderr().write_all(b"this hangs\n").unwrap();
            while !is_read() {
                thread::yield_now();
            }
            io::stderr().write_all(b"one\ntwo").unwrap();
            stderr::settle();
        }
        child => {
            if child == "thread" {
                stderr::capture().unwrap();
            }
            let done = Queue::unbounded();
            let sender = done.clone();
            thread::spawn(move || {
                fd::unshare_table();
                stderr::settle();
                stderr::try_write_line(b"last \"words\"\n");
                let _ = sender.push(());
            });
            let () = done.pop();
        }
    }
    exit::now(0);
}

/// Whether the first line has been read from the pipe in the place of stderr.
fn is_read() -> bool {
    rustix::io::ioctl_fionread(io::stderr()).is_ok_and(|unread| unread == 0)
}
