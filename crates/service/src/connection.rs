//! The state of one connection: what its client does, and what the service does for it.
//!
//! `serve` keeps one for each connection, and decides by it which connections give way to new ones,
//! and what becomes of a client that has closed its half.
//! Handlers run in the task of their connection and find it there; under a server that is not
//! `serve` there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

use tokio::task::futures::TaskLocalFuture;

/// What the connections of one server share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Counts reads and writes, as a clock for "longest without progress" without a system call.
    clock: AtomicU64,
    /// Each connection ends with its next response.
    closing: AtomicBool,
}

#[derive(Debug)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    /// The time of the last progress, by the clock.
    last_progress: AtomicU64,
    activity: AtomicU8,
    /// Written bytes wait until the client takes some.
    write_blocked: AtomicBool,
    /// The body of the current request was read to its end.
    body_read: AtomicBool,
    /// The body of the current response was handed over to be written.
    body_taken: AtomicBool,
    /// The client has closed its half, or more, during the current request.
    client_left: AtomicBool,
    /// The service was called since the client left, and does not answer such clients.
    end_revealed: AtomicBool,
    /// The response is also for a client that has closed its half.
    answers_after_end: AtomicBool,
    /// Unread bytes may follow the last response.
    lingers: AtomicBool,
}

/// What a connection is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Activity {
    /// No request, or not all of its head.
    Idle,
    /// The service waits for the body of the request.
    ReadingBody,
    /// The service is at work.
    Working,
    /// A response of known length is written.
    Responding,
    /// A response of unknown length is written.
    Streaming,
}

/// Connections that can give way to others, the first ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EvictionTier {
    /// There is no request.
    Idle,
    /// The client does not send the rest of its request, or does not take its response.
    WaitsForClient,
    /// The client does not read the stream of a run.
    UnreadStream,
}

/// What becomes of a response whose client has closed its half of the connection, or all of it: the
/// two look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterEnd {
    Respond,
    Drop,
}

tokio::task_local! {
    static CURRENT: Arc<Connection>;
}

/// Runs a task in which the functions below concern `connection`.
pub(crate) fn scope<F: Future>(
    connection: Arc<Connection>,
    task: F,
) -> TaskLocalFuture<Arc<Connection>, F> {
    CURRENT.scope(connection, task)
}

/// Sets what becomes of the response of the current request if its client closes its half.
///
/// A response of known length that is ready is always written.
pub(crate) fn set_after_end(after_end: AfterEnd) {
    let answers = after_end == AfterEnd::Respond;
    // Without a connection, its server decides.
    let _ = CURRENT.try_with(|current| current.answers_after_end.store(answers, Relaxed));
}

/// Whether the client has closed its half of the connection, or all of it.
///
/// This wakes no task: the task of the connection, in which handlers run, is awake when it changes.
pub(crate) fn client_left() -> bool {
    CURRENT.try_with(|current| current.client_left.load(Relaxed)).unwrap_or(false)
}

impl Shared {
    /// From now on, each connection ends with its next response.
    pub(crate) fn close(&self) {
        self.closing.store(true, Relaxed);
    }
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let connection = Self {
            shared,
            last_progress: AtomicU64::new(0),
            activity: AtomicU8::new(Activity::Idle as u8),
            write_blocked: AtomicBool::new(false),
            body_read: AtomicBool::new(true),
            body_taken: AtomicBool::new(false),
            client_left: AtomicBool::new(false),
            end_revealed: AtomicBool::new(false),
            answers_after_end: AtomicBool::new(false),
            lingers: AtomicBool::new(false),
        };
        connection.progress();
        connection
    }

    /// Whether it can give way to another one, and the time of its last progress.
    ///
    /// It cannot while the service works for it.
    pub(crate) fn eviction_rank(&self) -> Option<(EvictionTier, u64)> {
        let activity = self.activity.load(Relaxed);
        let is = |other| activity == other as u8;
        let tier = if is(Activity::ReadingBody) {
            EvictionTier::WaitsForClient
        } else if self.write_blocked.load(Relaxed) {
            match is(Activity::Streaming) {
                true => EvictionTier::UnreadStream,
                false => EvictionTier::WaitsForClient,
            }
        } else if is(Activity::Idle) {
            EvictionTier::Idle
        } else {
            return None;
        };
        Some((tier, self.last_progress.load(Relaxed)))
    }

    /// Bytes were read or written.
    pub(crate) fn progress(&self) {
        // Not an atomic increment: two connections may share a time.
        let now = self.shared.clock.load(Relaxed) + 1;
        self.shared.clock.store(now, Relaxed);
        self.last_progress.store(now, Relaxed);
    }

    pub(crate) fn set_write_blocked(&self, blocked: bool) {
        self.write_blocked.store(blocked, Relaxed);
    }

    /// Bytes are written.
    pub(crate) fn writing(&self) {
        if self.activity.load(Relaxed) == Activity::Idle as u8 {
            // Without a request it is a refusal of hyper, which has not read all that was sent.
            self.lingers.store(true, Relaxed);
        }
    }

    /// Everything that was handed over is written; returns whether that ends a response.
    pub(crate) fn written(&self) -> bool {
        let ends_response = self.body_taken.load(Relaxed);
        if ends_response {
            self.body_taken.store(false, Relaxed);
            self.set(Activity::Idle);
        }
        ends_response
    }

    /// Whether the client has closed its half during the current request, or the last one.
    pub(crate) fn has_client_left(&self) -> bool {
        self.client_left.load(Relaxed)
    }

    /// Whether the next bytes belong to the head of a request.
    pub(crate) fn awaits_head(&self) -> bool {
        self.activity.load(Relaxed) == Activity::Idle as u8 && self.body_read.load(Relaxed)
    }

    /// The head of a request was read.
    pub(crate) fn request_started(&self, has_body: bool) {
        self.body_read.store(!has_body, Relaxed);
        self.body_taken.store(false, Relaxed);
        self.client_left.store(false, Relaxed);
        self.end_revealed.store(false, Relaxed);
        self.answers_after_end.store(false, Relaxed);
        self.set(Activity::Working);
    }

    /// The service waits for the body.
    pub(crate) fn body_awaited(&self) {
        self.change(Activity::Working, Activity::ReadingBody);
    }

    /// The service does not wait for the body any more.
    pub(crate) fn body_not_awaited(&self) {
        self.change(Activity::ReadingBody, Activity::Working);
    }

    fn change(&self, from: Activity, to: Activity) {
        if self.activity.load(Relaxed) == from as u8 {
            // The body may be read on another thread, and after the response.
            let _ = self.activity.compare_exchange(from as u8, to as u8, Relaxed, Relaxed);
        }
    }

    /// The body of the request was read to its end.
    pub(crate) fn body_read(&self) {
        self.body_read.store(true, Relaxed);
        self.body_not_awaited();
    }

    /// The service was called, and the response is not ready. Returns true if the end of the client
    /// becomes visible by that, so that the connection has to be read once more.
    pub(crate) fn response_pending(&self) -> bool {
        self.client_left.load(Relaxed)
            && !self.answers_after_end.load(Relaxed)
            && !self.end_revealed.swap(true, Relaxed)
    }

    /// The response is ready. Returns true as [`response_pending`](Self::response_pending) does.
    pub(crate) fn response_ready(&self, has_known_length: bool) -> bool {
        if has_known_length {
            self.answers_after_end.store(true, Relaxed);
            self.set(Activity::Responding);
        } else {
            self.set(Activity::Streaming);
        }
        self.client_left.load(Relaxed) && !self.answers_after_end.load(Relaxed)
    }

    /// Whether the connection ends with the current response.
    ///
    /// It does if the body of the request was not read to its end; what is left is read before the
    /// connection is closed.
    pub(crate) fn ends(&self) -> bool {
        let is_body_left = !self.body_read.load(Relaxed);
        if is_body_left {
            self.lingers.store(true, Relaxed);
        }
        is_body_left || self.shared.closing.load(Relaxed)
    }

    /// The body of the response was handed over to be written.
    pub(crate) fn body_taken(&self) {
        self.body_taken.store(true, Relaxed);
    }

    /// The client has closed its half; returns whether hyper may know, which ends the request.
    pub(crate) fn client_ended(&self) -> bool {
        self.client_left.store(true, Relaxed);
        let activity = self.activity.load(Relaxed);
        if activity == Activity::Idle as u8 {
            return true;
        }
        let in_service = [Activity::Working as u8, Activity::ReadingBody as u8].contains(&activity);
        // The service may have an answer at once, when it is called for the first time.
        let may_answer = in_service && !self.end_revealed.load(Relaxed);
        !self.answers_after_end.load(Relaxed) && !may_answer
    }

    /// Whether unread bytes may follow the last response.
    pub(crate) fn lingers(&self) -> bool {
        self.lingers.load(Relaxed)
    }

    fn set(&self, activity: Activity) {
        self.activity.store(activity as u8, Relaxed);
    }
}
