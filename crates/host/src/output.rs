//! What a worker writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncRead;
use tokio::io::BufReader;
use tokio::sync::oneshot;

/// Bytes of stderr that are kept.
const KEPT: usize = 256 * 1024;

/// The end of what was written, line by line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    pub(crate) fn text(&self) -> String {
        self.locked().lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn push(&self, line: String) {
        let mut kept = self.locked();
        kept.bytes += line.len() + 1;
        kept.lines.push_back(line);
        while kept.bytes > KEPT {
            let Some(oldest) = kept.lines.pop_front() else { return };
            kept.bytes -= oldest.len() + 1;
        }
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads lines until the other end is closed.
async fn each_line(output: impl AsyncRead + Unpin, mut take: impl FnMut(String)) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
        take(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
        line.clear();
    }
}

/// Hands over the first line, and then reads on, so that the worker never waits to write.
pub(crate) async fn first_line(output: impl AsyncRead + Unpin, first: oneshot::Sender<String>) {
    let mut first = Some(first);
    each_line(output, |line| {
        if let Some(first) = first.take() {
            let _ = first.send(line);
        }
    })
    .await;
}

/// Keeps the tail, and hands over each line.
pub(crate) async fn keep(
    output: impl AsyncRead + Unpin,
    tail: Tail,
    mut each: impl FnMut(&str) + Send,
) {
    each_line(output, |line| {
        each(&line);
        tail.push(line);
    })
    .await;
}
