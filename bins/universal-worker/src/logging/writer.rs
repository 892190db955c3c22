//! A thread that writes, behind a queue that is never waited for.

use std::io;
use std::io::Write;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::mailbox::Mailbox;
use crate::threads;

/// Lines that may wait to be written; what comes when there is no room is lost, and counted.
const QUEUE: usize = 1024;

/// How long the end of the process waits for lines to be written.
const FLUSH: Duration = Duration::from_millis(100);

pub(crate) struct Writer {
    queue: Mailbox<Order>,
    lost: AtomicU64,
}

enum Order {
    Write(String),
    Tell(Mailbox<()>),
}

impl Writer {
    pub(crate) fn to_stderr() -> Self {
        Self::to(io::stderr())
    }

    fn to(mut output: impl Write + Send + 'static) -> Self {
        let queue = Mailbox::with_room_for(QUEUE);
        let orders = queue.clone();
        let writing = move || {
            loop {
                // A closed pipe or a full disk: there is nobody to tell.
                match orders.take() {
                    Order::Write(line) => drop(output.write_all(line.as_bytes())),
                    Order::Tell(done) => drop(done.put(())),
                }
            }
        };
        // Without the thread the queue fills, and lines are lost: the worker goes on.
        drop(threads::spawn("log", "the log", writing));
        Self { queue, lost: AtomicU64::new(0) }
    }

    /// Queues a line; loses it where there is no room.
    pub(crate) fn write(&self, line: String) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let line = if lost == 0 { line } else { format!("({lost} lines are lost)\n{line}") };
        if self.queue.put(Order::Write(line)).is_err() {
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }

    /// Waits a moment until what is queued is written.
    pub(crate) fn flush(&self) {
        let done = Mailbox::new();
        if self.queue.put(Order::Tell(done.clone())).is_ok() {
            let _ = done.take_within(FLUSH);
        }
    }
}

/// Writes a line without the queue, for what happens before there is one.
pub(crate) fn write_now(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Takes what is written when it is let, and not before.
    struct Gate {
        let_through: mpsc::Receiver<()>,
        written: Arc<Mutex<String>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.let_through.recv();
            self.written.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_is_full_costs_lines_and_no_time() {
        let (open, let_through) = mpsc::channel();
        let written = Arc::new(Mutex::new(String::new()));
        let writer = Writer::to(Gate { let_through, written: Arc::clone(&written) });
        for number in 0..QUEUE + 500 {
            writer.write(format!("{number}\n"));
        }
        writer.flush();
        drop(open);
        let all_is_written = || {
            let done = Mailbox::new();
            // Room comes as the thread works through its queue.
            while writer.queue.put(Order::Tell(done.clone())).is_err() {
                thread::yield_now();
            }
            done.take();
        };
        all_is_written();
        writer.write("last\n".to_owned());
        all_is_written();
        let written = written.lock().unwrap();
        assert!(written.starts_with("0\n1\n"), "{written}");
        assert!(written.contains("lines are lost)\nlast\n"), "{written}");
    }
}
