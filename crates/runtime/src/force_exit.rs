//! Ends the process if the orderly stop does not.
//!
//! The orderly stop has a time limit of its own, and a drain before it may have one.
//! This thread handles a second signal and unforeseen failures, such as a main thread that hangs.
//! It is started early and never blocks for long.

use std::fmt::Write;
use std::time::{Duration, Instant};

use universal_worker_crash::activity;
use universal_worker_logging as logging;
use universal_worker_process::{FixedText, Queue, descendants, exit, fd, stderr, thread};

use crate::error::Error;

/// The exit code of a worker that has abandoned something.
pub(crate) const ABANDONED: u8 = 4;

/// Starts the countdown to a forced exit, which cannot be stopped.
#[derive(Debug, Clone)]
pub(crate) struct ForceExit(Queue<Message>);

#[derive(Debug)]
enum Message {
    /// The stop begins in this time, or before.
    StartIn(Duration),
    PluginDone,
    /// The name of the second signal.
    Now(&'static str),
}

/// The exit code of a bug in the worker.
const DEFECT: u8 = 70;

const LAST_LINE: &[u8] =
    b"stopped: the stop itself did not finish in time; abandoned: everything that was running\n";

impl ForceExit {
    /// Prepares a countdown of `limit`.
    pub(crate) fn new(limit: Duration) -> Result<Self, Error> {
        let messages = Queue::unbounded();
        let received = messages.clone();
        thread::spawn("force-exit", "the forced exit", move || follow(&received, limit))?;
        Ok(Self(messages))
    }

    /// Starts the countdown, unless it has started.
    pub(crate) fn start(&self) {
        self.start_in(Duration::ZERO);
    }

    /// [`start`](Self::start) for a stop that begins after a time; the earliest one counts.
    pub(crate) fn start_in(&self, time: Duration) {
        self.send(Message::StartIn(time));
    }

    /// Reports that no plugin code is left that could be abandoned.
    pub(crate) fn plugin_done(&self) {
        self.send(Message::PluginDone);
    }

    /// Ends the process now.
    pub(crate) fn now(&self, signal: &'static str) {
        self.send(Message::Now(signal));
    }

    fn send(&self, message: Message) {
        // Never fails: the queue is unbounded.
        let _ = self.0.push(message);
    }
}

/// Ends the process after a panic of one of its own threads.
pub(crate) fn on_panic(thread: &'static str) {
    // The message of the panic is there, perhaps in a pipe.
    stderr::settle();
    // On the stack, because memory may be what is short; a thread's name has at most 15 bytes.
    let mut line = FixedText::<128>::new();
    let _ = writeln!(
        line,
        "FATAL: thread {thread} of the worker panicked; this is a bug in the worker"
    );
    stderr::try_write_line(line.bytes());
    let _ = descendants::kill_here();
    exit::now(DEFECT)
}

fn follow(messages: &Queue<Message>, limit: Duration) {
    fd::unshare_table();
    let mut deadline: Option<Instant> = None;
    let mut plugin_done = false;
    loop {
        let message = match deadline {
            None => Some(messages.pop()),
            Some(deadline) => {
                messages.pop_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        };
        match message {
            Some(Message::StartIn(time)) => {
                let other = Instant::now().checked_add(time.saturating_add(limit));
                deadline = deadline.into_iter().chain(other).min();
            }
            Some(Message::PluginDone) => plugin_done = true,
            Some(Message::Now(signal)) => exit_now(signal, plugin_done),
            None => {
                stderr::try_write_line(LAST_LINE);
                let _ = descendants::kill_here();
                exit::now(ABANDONED);
            }
        }
    }
}

fn exit_now(signal: &'static str, plugin_done: bool) -> ! {
    // Logged before the kill: the main thread may end the process once nothing is left.
    log::warn!("{signal}: second signal, killing everything that is left");
    let survivors = descendants::kill_here();
    let of_plugin = (!plugin_done).then(|| match activity::running() {
        running if running.is_empty() => "the rest of the stop".to_owned(),
        running => running.join(" "),
    });
    let abandoned: Vec<String> = of_plugin.into_iter().chain(survivors).collect();
    let line = format!("stopped: second signal, {signal}, before the stop was done");
    if abandoned.is_empty() {
        logging::write_last(log::Level::Info, &line);
        exit::now(0)
    }
    let line = format!("{line}; abandoned: {}", abandoned.join("; "));
    logging::write_last(log::Level::Error, &line);
    // Whatever is still running may have started more processes.
    let _ = descendants::kill_here();
    exit::now(ABANDONED)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use serde_json::Value;

    use super::*;

    /// Says to this program that it is the child, and the format of its log.
    const CHILD: &str = "FORCE_EXIT_TEST_CHILD";

    /// Does nothing unless this is the child.
    #[test]
    fn the_child() {
        let Ok(format) = env::var(CHILD) else { return };
        if format == "json" {
            log::set_logger(&Slow).unwrap();
            log::set_max_level(log::LevelFilter::Warn);
            stderr::capture().unwrap();
        }
        thread::on_panic(on_panic);
        thread::spawn("clumsy", "a panic", || panic!("the cause")).unwrap();
        std::thread::sleep(Duration::from_secs(60));
    }

    /// A logger that is still busy when the panic has ended.
    struct Slow;

    impl log::Log for Slow {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            std::thread::sleep(Duration::from_millis(10));
            stderr::try_write_line(format!("{}\n", record.args()).as_bytes());
        }

        fn flush(&self) {}
    }

    #[test]
    fn a_panic_is_reported_with_its_message() {
        for format in ["text", "json"] {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "force_exit::tests::the_child", "--nocapture"]);
            let output = command.env(CHILD, format).env("RUST_BACKTRACE", "0").output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(DEFECT.into()), "{stderr}");
            let last = stderr.lines().last().unwrap();
            assert!(last.contains("FATAL: thread clumsy of the worker panicked"), "{stderr}");
            assert!(stderr.contains("the cause"), "{stderr}");
            if format == "json" {
                for line in stderr.lines() {
                    assert!(serde_json::from_str::<Value>(line).unwrap().is_object(), "{stderr}");
                }
            }
        }
    }
}
