//! One run: its identity, its cancel, its progress, its place between plugin and client.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::oneshot;
use universal_worker_abi::Emitted;
use universal_worker_abi::Level;
use universal_worker_abi::RunContext;

use crate::outside;
use crate::runs::cancel::CancelToken;
use crate::runs::cancel::Reason;
use crate::runs::error::RunError;
use crate::runs::lanes::Ticket;
use crate::runs::lines::Lines;

/// What a run looks like from the side.
#[derive(Debug)]
pub(crate) struct Run {
    id: String,
    cancel: CancelToken,
    progress: Mutex<Progress>,
    output: Output,
    ticket: OnceLock<Ticket>,
    started: OnceLock<Instant>,
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Progress {
    /// From 0 to 1, or -1 where it cannot be told.
    pub(crate) progress: f64,
    /// What the plugin says it does.
    pub(crate) message: String,
}

#[derive(Debug)]
enum Output {
    /// One answer, at the end.
    Answer,
    /// Lines, as they come.
    Stream { lines: Lines, bound: Mutex<Option<oneshot::Sender<()>>> },
}

/// Bytes of a progress message that are kept.
const MESSAGE_LIMIT: usize = 4096;

impl Run {
    pub(crate) fn for_answer(id: String) -> Self {
        Self::new(id, Output::Answer)
    }

    /// A run that streams; the receiver is told when its arguments are bound.
    pub(crate) fn for_stream(id: String) -> (Self, oneshot::Receiver<()>) {
        let (bound, is_bound) = oneshot::channel();
        let output = Output::Stream { lines: Lines::default(), bound: Mutex::new(Some(bound)) };
        (Self::new(id, output), is_bound)
    }

    fn new(id: String, output: Output) -> Self {
        Self {
            id,
            cancel: CancelToken::default(),
            progress: Mutex::default(),
            output,
            ticket: OnceLock::new(),
            started: OnceLock::new(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// Asks the run to stop.
    pub(crate) fn cancel(&self, reason: Reason) {
        if self.cancel.request(reason)
            && let Some(lines) = self.lines()
        {
            lines.interrupt();
        }
    }

    /// The end of a run that was asked to stop.
    pub(crate) fn cancelled(&self) -> Option<RunError> {
        self.cancel.reason().map(RunError::Cancelled)
    }

    /// The lines of a run that streams.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match &self.output {
            Output::Answer => None,
            Output::Stream { lines, .. } => Some(lines),
        }
    }

    /// Its place in the queue, once it has one.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        self.ticket.get().copied()
    }

    pub(crate) fn queued_as(&self, ticket: Ticket) {
        let _ = self.ticket.set(ticket);
    }

    /// A lane took it.
    pub(crate) fn start(&self) {
        let _ = self.started.set(Instant::now());
    }

    /// For how long it has been running; none while it is queued.
    pub(crate) fn running_for(&self) -> Option<Duration> {
        self.started.get().map(Instant::elapsed)
    }

    pub(crate) fn current_progress(&self) -> Progress {
        self.locked_progress().clone()
    }

    fn locked_progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunContext for Run {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_requested()
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        self.cancel.wait(limit)
    }

    fn bound(&self) {
        if let Output::Stream { bound, .. } = &self.output
            && let Some(bound) = bound.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            // Nobody listens when the client has left meanwhile.
            let _ = bound.send(());
        }
    }

    fn progress(&self, fraction: f64, message: Option<&str>) {
        let mut progress = self.locked_progress();
        progress.progress = clamped(fraction);
        if let Some(message) = message {
            message[..message.floor_char_boundary(MESSAGE_LIMIT)].clone_into(&mut progress.message);
        }
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        self.lines().map_or(Emitted::NotAStream, |lines| lines.push(json, &self.cancel))
    }

    fn usage(&self, json: &[u8]) {
        log::debug!(run = self.id.as_str(); "usage {}", String::from_utf8_lossy(json));
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

/// Whatever a plugin says becomes a figure that a client can draw.
fn clamped(fraction: f64) -> f64 {
    if fraction.is_nan() || fraction < 0.0 { -1.0 } else { fraction.min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_from_0_to_1_or_indeterminate() {
        for (told, kept) in [
            (0.0, 0.0),
            (0.5, 0.5),
            (1.5, 1.0),
            (-1.0, -1.0),
            (-0.1, -1.0),
            (f64::NAN, -1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert_eq!(clamped(told), kept, "{told}");
        }
    }

    #[test]
    fn a_message_stays_until_there_is_another_and_is_cut_between_characters() {
        let run = Run::for_answer("r".to_owned());
        run.progress(0.1, Some("decoding"));
        run.progress(0.2, None);
        let kept = Progress { progress: 0.2, message: "decoding".to_owned() };
        assert_eq!(run.current_progress(), kept);
        run.progress(0.3, Some(&"é".repeat(MESSAGE_LIMIT)));
        assert_eq!(run.current_progress().message, "é".repeat(MESSAGE_LIMIT / 2));
    }

    #[test]
    fn only_a_stream_takes_lines() {
        let run = Run::for_answer("r".to_owned());
        assert_eq!(run.emit(b"1"), Emitted::NotAStream);
        let (run, _bound) = Run::for_stream("s".to_owned());
        assert_eq!(run.emit(b"1"), Emitted::Taken);
    }
}
