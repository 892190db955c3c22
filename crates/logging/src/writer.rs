//! A thread that writes lines from a queue; callers never wait for it.

use std::fs::File;
use std::io;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use universal_worker_process::{Queue, thread};

use crate::Format;
use crate::format::Line;

/// Capacity of the queue in lines; further lines are lost and counted.
const CAPACITY: usize = 1024;

/// Time limit of a flush.
const FLUSH_TIME: Duration = Duration::from_millis(100);

pub(crate) struct Writer {
    queue: Queue<Message>,
    lost: AtomicU64,
    format: Format,
}

enum Message {
    Write(String),
    Flush(Queue<()>),
}

impl Writer {
    /// Writes to a file descriptor of its own: the number 2 is another file's if the plugin closes
    /// stderr.
    pub(crate) fn stderr(format: Format) -> Self {
        match rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3) {
            Ok(stderr) => Self::new(File::from(stderr), format),
            // It is closed.
            Err(_) => Self::new(io::sink(), format),
        }
    }

    fn new(mut output: impl Write + Send + 'static, format: Format) -> Self {
        let queue = Queue::bounded(CAPACITY);
        let messages = queue.clone();
        let writing = move || {
            loop {
                // If the pipe is closed or the disk is full, the error cannot be reported anywhere.
                match messages.pop() {
                    Message::Write(line) => drop(output.write_all(line.as_bytes())),
                    Message::Flush(done) => drop(done.push(())),
                }
            }
        };
        // Without the thread the queue fills up and lines are lost, but the worker continues.
        drop(thread::spawn("log", "the log", writing));
        Self { queue, lost: AtomicU64::new(0), format }
    }

    /// Queues a line, or drops and counts it if the queue is full.
    pub(crate) fn write(&self, line: String) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let line = if lost == 0 { line } else { self.after_loss(lost, &line) };
        if self.queue.push(Message::Write(line)).is_err() {
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }

    /// A line, after one that tells how many are missing.
    fn after_loss(&self, lost: u64, line: &str) -> String {
        let lost = format!("({lost} lines lost)");
        match self.format {
            Format::Text => format!("{lost}\n{line}"),
            Format::Json => Line::new(log::Level::Warn, &lost).render(self.format) + line,
        }
    }

    /// Waits up to 100 ms until everything queued is written.
    pub(crate) fn flush(&self) {
        let done = Queue::unbounded();
        if self.queue.push(Message::Flush(done.clone())).is_ok() {
            let _ = done.pop_timeout(FLUSH_TIME);
        }
    }
}

/// Writes a line directly, before the logger is installed.
pub(crate) fn write_now(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};
    use std::thread;

    use super::*;

    /// Blocks each write until the test lets it through.
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
    fn a_full_pipe_loses_lines_but_no_time() {
        let (open, let_through) = mpsc::channel();
        let written = Arc::new(Mutex::new(String::new()));
        let writer = Writer::new(Gate { let_through, written: Arc::clone(&written) }, Format::Text);
        for number in 0..CAPACITY + 500 {
            writer.write(format!("{number}\n"));
        }
        writer.flush();
        drop(open);
        let all_is_written = || {
            let done = Queue::unbounded();
            // The thread makes room as it works through the queue.
            while writer.queue.push(Message::Flush(done.clone())).is_err() {
                thread::yield_now();
            }
            let () = done.pop();
        };
        all_is_written();
        writer.write("last\n".to_owned());
        all_is_written();
        let written = written.lock().unwrap();
        assert!(written.starts_with("0\n1\n"), "{written}");
        assert!(written.contains("lines lost)\nlast\n"), "{written}");
    }

    #[test]
    fn a_loss_is_a_line_of_the_format() {
        let writer = Writer::new(io::sink(), Format::Json);
        let text = writer.after_loss(3, "{}\n");
        let (first, last) = text.split_once('\n').unwrap();
        assert!(first.ends_with("\"message\":\"(3 lines lost)\"}"), "{first}");
        assert_eq!(last, "{}\n");
    }
}
