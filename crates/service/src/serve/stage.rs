//! What all connections of one server share: how long it goes on.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::Notify;

/// Whether a server accepts connections, lets the open ones end, or shuts down.
#[derive(Debug)]
pub(super) struct Stage {
    /// No connection follows, and each ends with its next response.
    closing: AtomicBool,
    shutting_down: AtomicBool,
    shutdown: Notify,
    /// The header `Keep-Alive` of connections that stay.
    keep_alive: Option<HeaderValue>,
}

impl Stage {
    /// `idle_timeout` is the time after which idle connections are closed.
    pub(super) fn new(idle_timeout: Duration) -> Self {
        let seconds = idle_timeout.as_secs();
        let keep_alive = HeaderValue::from_str(&format!("timeout={seconds}"));
        Self {
            closing: AtomicBool::new(false),
            shutting_down: AtomicBool::new(false),
            shutdown: Notify::new(),
            keep_alive: keep_alive.ok().filter(|_| seconds > 0),
        }
    }

    pub(super) fn keep_alive(&self) -> Option<&HeaderValue> {
        self.keep_alive.as_ref()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// From now on, each connection ends with its next response.
    pub(super) fn close(&self) {
        self.closing.store(true, Relaxed);
    }

    /// Ends idle connections at once, and others with their response.
    pub(super) fn shut_down(&self) {
        self.close();
        self.shutting_down.store(true, Relaxed);
        self.shutdown.notify_waiters();
    }

    /// Waits for the shutdown.
    pub(super) async fn until_shutdown(&self) {
        let notified = self.shutdown.notified();
        if !self.shutting_down.load(Relaxed) {
            notified.await;
        }
    }
}
