//! Reads stdout and stderr of a worker.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::oneshot;

/// Bytes of stderr that are kept.
const TAIL_LIMIT: usize = 256 * 1024;

/// The last lines of stderr, shared with the task that reads them.
#[derive(Debug, Clone, Default)]
pub(crate) struct StderrTail(Arc<Mutex<TailLines>>);

#[derive(Debug, Default)]
struct TailLines {
    lines: VecDeque<String>,
    bytes: usize,
}

impl StderrTail {
    pub(crate) fn text(&self) -> String {
        self.lock().lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn push(&self, line: String) {
        let mut tail = self.lock();
        tail.bytes += line.len() + 1;
        tail.lines.push_back(line);
        while tail.bytes > TAIL_LIMIT {
            let Some(oldest) = tail.lines.pop_front() else { return };
            tail.bytes -= oldest.len() + 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, TailLines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the first line, then reads and drops the rest, so that the worker never blocks on a write.
pub(crate) async fn send_first_line(
    output: impl AsyncRead + Unpin,
    sender: oneshot::Sender<String>,
) {
    let mut sender = Some(sender);
    for_each_line(output, |line| {
        if let Some(sender) = sender.take() {
            let _ = sender.send(line);
        }
    })
    .await;
}

/// Keeps the last lines, and passes each line to `forward`.
pub(crate) async fn capture(
    output: impl AsyncRead + Unpin,
    tail: StderrTail,
    mut forward: impl FnMut(&str) + Send,
) {
    for_each_line(output, |line| {
        forward(&line);
        tail.push(line);
    })
    .await;
}

/// Reads lines until all writers have closed the pipe.
async fn for_each_line(output: impl AsyncRead + Unpin, mut f: impl FnMut(String)) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
        f(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
        line.clear();
    }
}
