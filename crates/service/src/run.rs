//! One run: its identity, its cancel, its progress, its place between plugin and client.

use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use universal_worker_abi::Emitted;
use universal_worker_abi::Level;
use universal_worker_abi::RunContext;

use crate::outside;
use crate::runs::account::Costs;
use crate::runs::cancel::CancelToken;
use crate::runs::moment::Moment;
use crate::runs::output::Output;
use crate::runs::progress::Progress;
use crate::runs::usage::Usage;

/// A run, as its plugin, its client and whoever asks about it share it.
///
/// How it stands (queued, running, ended) is the engine's to say.
#[derive(Debug)]
pub(crate) struct Run {
    id: String,
    terms: Terms,
    admitted: Moment,
    bytes_in: usize,
    cancel: CancelToken,
    progress: Mutex<Progress>,
    usage: Mutex<Usage>,
    output: Output,
    costs: OnceLock<Costs>,
    overlapped: AtomicBool,
    not_utf8: AtomicBool,
}

/// What holds for one run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// It is over then, whatever its plugin does.
    pub(crate) deadline: Option<Instant>,
    pub(crate) on_leave: OnLeave,
}

/// What becomes of a run whose client left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnLeave {
    #[default]
    Cancel,
    /// It goes on; lines are dropped.
    GoOn,
}

impl Run {
    pub(crate) fn new(
        id: String,
        terms: Terms,
        admitted: Moment,
        bytes_in: usize,
        output: Output,
    ) -> Self {
        Self {
            id,
            terms,
            admitted,
            bytes_in,
            cancel: CancelToken::default(),
            progress: Mutex::default(),
            usage: Mutex::default(),
            output,
            costs: OnceLock::new(),
            overlapped: AtomicBool::new(false),
            not_utf8: AtomicBool::new(false),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(crate) fn admitted(&self) -> &Moment {
        &self.admitted
    }

    pub(crate) fn bytes_in(&self) -> usize {
        self.bytes_in
    }

    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// Tells the plugin to stop.
    pub(crate) fn cancel(&self) {
        if self.cancel.request()
            && let Some(lines) = self.output.lines()
        {
            lines.interrupt();
        }
    }

    /// Another run was running at the same time.
    pub(crate) fn overlaps(&self) {
        self.overlapped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_overlapped(&self) -> bool {
        self.overlapped.load(Ordering::Relaxed)
    }

    /// Whether the plugin emitted what cannot be sent.
    pub(crate) fn has_emitted_no_utf8(&self) -> bool {
        self.not_utf8.load(Ordering::Relaxed)
    }

    /// What it cost, once that was measured.
    pub(crate) fn costs(&self) -> Option<&Costs> {
        self.costs.get()
    }

    pub(crate) fn cost(&self, costs: Costs) {
        // A run comes back once.
        let _ = self.costs.set(costs);
    }

    pub(crate) fn current_progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the plugin reported for the account.
    pub(crate) fn current_usage(&self) -> Usage {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RunContext for Run {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_requested()
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        self.cancel.wait(limit)
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.terms.deadline?.saturating_duration_since(Instant::now()))
    }

    fn bound(&self) {
        self.output.open();
    }

    fn progress(&self, fraction: f64, message: Option<&str>) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.set(fraction, message);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        let Some(lines) = self.output.lines() else { return Emitted::NotAStream };
        let Ok(text) = str::from_utf8(json) else {
            // The interface has no word for it: the plugin is told to stop, and the client why.
            self.not_utf8.store(true, Ordering::Relaxed);
            return Emitted::ReaderGone;
        };
        if memchr::memchr2(b'\n', b'\r', json).is_none() {
            return lines.push(text, &self.cancel);
        }
        // In JSON they are nothing but white space, and a value is one line.
        lines.push(&text.replace(['\n', '\r'], " "), &self.cancel)
    }

    fn usage(&self, json: &[u8]) {
        let added = self.usage.lock().unwrap_or_else(PoisonError::into_inner).add(json);
        if let Err(why) = added {
            log::warn!(run = self.id.as_str(); "usage is not taken: {why}");
        }
    }

    fn log_enabled(&self, level: Level, target: &str) -> bool {
        outside::log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        outside::log(level, target, message, Some(&self.id));
    }

    fn run_id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::lines::Framing;

    fn run(output: Output) -> Run {
        Run::new("r".to_owned(), Terms::default(), Moment::now(), 0, output)
    }

    #[test]
    fn only_a_stream_takes_lines() {
        assert_eq!(run(Output::answer().0).emit(b"1"), Emitted::NotAStream);
        assert_eq!(run(Output::stream(Framing::Plain).0).emit(b"1"), Emitted::Taken);
    }

    #[test]
    fn what_is_not_utf8_is_refused_and_remembered() {
        let run = run(Output::stream(Framing::Plain).0);
        assert!(!run.has_emitted_no_utf8());
        assert_eq!(run.emit(b"\"\xff\""), Emitted::ReaderGone);
        assert!(run.has_emitted_no_utf8());
        assert_eq!(run.output().lines().unwrap().written().count, 0);
    }

    #[tokio::test]
    async fn a_value_is_one_line_however_it_is_written() {
        let run = run(Output::stream(Framing::Plain).0);
        assert_eq!(run.emit(b"{\n  \"a\":\r\n1}"), Emitted::Taken);
        let lines = run.output().lines().unwrap();
        let taken = std::future::poll_fn(|cx| lines.poll_take(cx)).await.unwrap();
        assert_eq!(taken, "{   \"a\":  1}\n");
    }
}
