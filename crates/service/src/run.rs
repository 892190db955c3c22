//! What a run is: one call of the plugin, from its admission to its end.
//!
//! [`Run`] is the part that plugin, client and observers share.
//! [`states`] holds the states that a run moves through, and [`snapshot`] what an observer sees of them.

pub(crate) mod account;
pub(crate) mod canary;
pub(crate) mod cancel;
pub(crate) mod cancel_token;
pub(crate) mod digest;
pub(crate) mod error;
pub(crate) mod failure;
pub(crate) mod framing;
pub(crate) mod id;
pub(crate) mod job_error;
pub(crate) mod kept;
pub(crate) mod kept_lines;
pub(crate) mod line_clock;
pub(crate) mod lines;
pub(crate) mod on_cancel;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod pressure;
pub(crate) mod progress;
pub(crate) mod reply_headers;
pub(crate) mod report;
pub(crate) mod snapshot;
pub(crate) mod states;
pub(crate) mod sync;
pub(crate) mod tags;
pub(crate) mod timestamp;
pub(crate) mod usage;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use universal_worker_abi::{CancelCallback, Emitted, Fault, Level, RunContext, TraceContext};
use universal_worker_json::line_from_utf8;

use crate::plugin_log;
use crate::run::account::{Account, Costs};
use crate::run::cancel::CancelReason;
use crate::run::cancel_token::CancelToken;
use crate::run::kept::{DropReason, KeptResult};
use crate::run::on_cancel::{CancelThread, OnCancel};
use crate::run::options::{IncludeAccount, RunOptions};
use crate::run::output::{Outcome, Output, StreamLines};
use crate::run::progress::Progress;
use crate::run::reply_headers::ReplyHeaders;
use crate::run::tags::Tags;
use crate::run::timestamp::Timestamp;
use crate::run::usage::Usage;

/// A run, shared by its plugin, its client and its observers.
///
/// The engine owns its state (queued, running, ended).
#[derive(Debug)]
pub(crate) struct Run {
    id: String,
    tags: Option<Box<Tags>>,
    options: RunOptions,
    admitted_at: Timestamp,
    bytes_in: usize,
    cancel: CancelToken,
    on_cancel: OnCancel,
    progress: Mutex<Progress>,
    usage: Mutex<Usage>,
    output: Output,
    /// None if nobody reads the result later.
    kept: Option<Box<KeptResult>>,
    reply_headers: ReplyHeaders,
    costs: OnceLock<Costs>,
    stack: OnceLock<String>,
    overlapped: AtomicBool,
    emitted_invalid_utf8: AtomicBool,
}

/// Bytes of the stack of a wedged run that are kept.
const MAX_STACK: usize = 64 * 1024;

impl Run {
    pub(crate) fn new(
        id: String,
        options: RunOptions,
        admitted_at: Timestamp,
        bytes_in: usize,
        output: Output,
    ) -> Self {
        Self {
            id,
            tags: None,
            options,
            admitted_at,
            bytes_in,
            cancel: CancelToken::default(),
            on_cancel: OnCancel::default(),
            progress: Mutex::default(),
            usage: Mutex::default(),
            output,
            kept: options.keep.is_yes().then(Box::default),
            reply_headers: ReplyHeaders::default(),
            costs: OnceLock::new(),
            stack: OnceLock::new(),
            overlapped: AtomicBool::new(false),
            emitted_invalid_utf8: AtomicBool::new(false),
        }
    }

    /// Lets the plugin have callbacks for its cancel.
    pub(crate) fn set_callbacks_on(&mut self, thread: &Arc<CancelThread>) {
        self.on_cancel = OnCancel::new(Arc::clone(thread));
    }

    pub(crate) fn set_tags(&mut self, tags: Option<Box<Tags>>) {
        self.tags = tags;
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The caller's own word for the run.
    pub(crate) fn label(&self) -> Option<&str> {
        self.tags.as_ref()?.label.as_deref()
    }

    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.tags.as_ref()?.trace.as_ref()
    }

    pub(crate) fn options(&self) -> &RunOptions {
        &self.options
    }

    pub(crate) fn admitted_at(&self) -> &Timestamp {
        &self.admitted_at
    }

    /// Size of the request body in bytes.
    pub(crate) fn bytes_in(&self) -> usize {
        self.bytes_in
    }

    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// Where the result is kept, if it is one to be kept.
    pub(crate) fn kept(&self) -> Option<&KeptResult> {
        self.kept.as_deref()
    }

    /// Drops the result that was kept; returns the bytes of the room that its lines free.
    pub(crate) fn discard_result(&self, reason: DropReason) -> usize {
        if let Some(kept) = &self.kept {
            kept.discard(reason);
        }
        self.output.kept_lines().map_or(0, |lines| lines.discard(reason.as_str()))
    }

    /// Sends the client the end of the run, unless it already has a reply, and keeps it.
    ///
    /// The account is that of the run if [`needs_account`](Self::needs_account).
    pub(crate) fn close(&self, outcome: Outcome, account: Option<Account>) {
        let kept = self.kept().map(|kept| (kept, self.options.include_account));
        self.output.close(outcome, account, kept);
    }

    /// Bytes that the run itself holds, apart from its result, its error and a fixed part.
    pub(crate) fn retained_bytes(&self) -> usize {
        let headers = self.reply_headers.current();
        let headers = headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let message = self.current_progress().message.len();
        let stack = self.stack().map_or(0, str::len);
        let tags = self.tags.as_ref().map_or(0, |tags| tags.size());
        headers + message + stack + tags + self.current_usage().size()
    }

    /// Whether the worker makes it by itself; such a run has no client and no report once it has ended.
    pub(crate) fn is_canary(&self) -> bool {
        matches!(self.output, Output::Canary(_))
    }

    /// When the plugin last showed that it is at work on the run, since its start.
    pub(crate) fn last_sign(&self) -> Option<Instant> {
        let changed_at = self.progress.lock().unwrap_or_else(PoisonError::into_inner).changed_at;
        let line_at = self.output.lines().and_then(|lines| lines.written().clock.last_at());
        changed_at.max(line_at)
    }

    /// Asks the plugin to stop.
    pub(crate) fn cancel(&self, reason: CancelReason) {
        if !self.cancel.cancel() {
            return;
        }
        self.on_cancel.cancel(reason.into());
        if let Some(lines) = self.output.lines() {
            lines.wake_producer();
        }
    }

    /// Ends the callbacks for the cancel: the plugin has returned.
    pub(crate) fn end_callbacks(&self) {
        self.on_cancel.end();
    }

    /// Records that another run was running at the same time.
    pub(crate) fn mark_overlapped(&self) {
        self.overlapped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_overlapped(&self) -> bool {
        self.overlapped.load(Ordering::Relaxed)
    }

    /// Whether the plugin emitted a value that is not UTF-8.
    pub(crate) fn has_emitted_invalid_utf8(&self) -> bool {
        self.emitted_invalid_utf8.load(Ordering::Relaxed)
    }

    /// The headers that the plugin added to the response, as names and values.
    pub(crate) fn reply_headers(&self) -> Vec<(String, String)> {
        self.reply_headers.current()
    }

    /// Whether the client gets the account.
    pub(crate) fn needs_account(&self) -> bool {
        self.options.include_account == IncludeAccount::Yes
            || self.output.lines().is_some_and(StreamLines::may_end_with_account)
    }

    /// The cost of the run; `None` until it has been measured.
    pub(crate) fn costs(&self) -> Option<&Costs> {
        self.costs.get()
    }

    pub(crate) fn set_costs(&self, costs: Costs) {
        // The plugin returns from a run once.
        let _ = self.costs.set(costs);
    }

    /// The stack on which the wedged run hangs, if it is known.
    pub(crate) fn stack(&self) -> Option<&str> {
        self.stack.get().map(String::as_str)
    }

    pub(crate) fn attach_stack(&self, stack: &str) {
        self.stack.get_or_init(|| stack[..stack.floor_char_boundary(MAX_STACK)].to_owned());
    }

    /// Writes a line about the run to the log of the worker.
    pub(crate) fn log_line(&self, level: log::Level, target: &str, message: fmt::Arguments<'_>) {
        plugin_log::write(level, target, message, Some(self));
    }

    pub(crate) fn current_progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The figures that the plugin reported for the account.
    pub(crate) fn current_usage(&self) -> Usage {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RunContext for Run {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    fn wait_cancelled(&self, limit: Duration) -> bool {
        self.cancel.wait(limit)
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.options.deadline?.saturating_duration_since(Instant::now()))
    }

    fn bound(&self) {
        self.output.open(self.kept());
    }

    fn progress(&self, fraction: f64, message: Option<&str>) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.set(fraction, message);
    }

    fn emit(&self, json: &[u8]) -> Emitted {
        let Some(lines) = self.output.lines() else { return Emitted::NotAStream };
        let Ok(line) = line_from_utf8(json) else {
            // The interface has no status for it: the plugin stops, and the client gets the error.
            self.emitted_invalid_utf8.store(true, Ordering::Relaxed);
            return Emitted::ReaderGone;
        };
        lines.push(&line, &self.cancel)
    }

    fn usage(&self, json: &[u8]) {
        let added = self.usage.lock().unwrap_or_else(PoisonError::into_inner).add(json);
        if let Err(error) = added {
            let message = format_args!("usage ignored: {error}");
            self.log_line(log::Level::Warn, module_path!(), message);
        }
    }

    fn log_enabled(&self, level: Level, target: &str) -> bool {
        plugin_log::enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str) {
        self.log_line(plugin_log::log_level(level), target, format_args!("{message}"));
    }

    fn run_id(&self) -> &str {
        &self.id
    }

    fn extension(&self, name: &str, json: &[u8]) -> Result<Vec<u8>, Fault> {
        match name {
            "response-header" if self.output.is_open() => {
                let message = format_args!("a response header is ignored: the stream is open");
                self.log_line(log::Level::Debug, module_path!(), message);
            }
            "response-header" => self.reply_headers.add(json)?,
            _ => return Err(Fault::unknown_extension(name)),
        }
        Ok(b"null".to_vec())
    }

    fn on_cancel(&self, callback: CancelCallback) {
        self.on_cancel.add(callback);
    }

    fn trace_context(&self) -> Option<&TraceContext> {
        self.trace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::framing::Framing;
    use crate::run::output::Operation;

    fn run(output: Output) -> Run {
        Run::new("r".to_owned(), RunOptions::default(), Timestamp::now(), 0, output)
    }

    #[test]
    fn only_a_stream_accepts_lines() {
        assert_eq!(run(Output::answer(Operation::Execute).0).emit(b"1"), Emitted::NotAStream);
        assert_eq!(run(Output::stream(Framing::Plain).0).emit(b"1"), Emitted::Taken);
    }

    #[test]
    fn invalid_utf8_is_rejected_and_recorded() {
        let run = run(Output::stream(Framing::Plain).0);
        assert!(!run.has_emitted_invalid_utf8());
        assert_eq!(run.emit(b"\"\xff\""), Emitted::ReaderGone);
        assert!(run.has_emitted_invalid_utf8());
        assert_eq!(run.output().lines().unwrap().written().count, 0);
    }

    #[tokio::test]
    async fn a_value_with_line_breaks_becomes_one_line() {
        let run = run(Output::stream(Framing::Plain).0);
        assert_eq!(run.emit(b"{\n  \"a\":\r\n1}"), Emitted::Taken);
        let Some(StreamLines::Direct(lines)) = run.output().lines() else { panic!("no lines") };
        let taken = std::future::poll_fn(|cx| lines.poll_take(cx)).await.unwrap();
        assert_eq!(taken, "{   \"a\":  1}\n");
    }
}
