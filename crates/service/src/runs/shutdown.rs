//! The end of the service: admit no more, cancel all runs, clean up the plugin.

use std::sync::{PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::instance::cell::CleanupResult;
use crate::run::cancel::CancelReason;
use crate::runs::{OnCleanedUp, Runs};

/// The result of stopping a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Every run ended, and the plugin is cleaned up.
    Clean,
    /// Something was still running at the end of the grace; the text names it.
    Abandoned(String),
}

impl Runs {
    /// Admits no more, cancels all runs, and blocks until the plugin is cleaned up, or for `grace`.
    ///
    /// Lifecycle changes that wait are dropped.
    /// Runs that have not ended by then are reported to their clients as cancelled.
    pub(crate) fn stop(&self, grace: Duration) -> Stopped {
        self.drain();
        drop(self.pool.update(|engine, _| engine.drain()));
        let shutdown = CancelReason::Shutdown;
        self.pool.update_and_notify(|engine, now| ((), engine.cancel_all(shutdown, now)));
        let (sender, result) = mpsc::channel();
        let on_cleaned_up = self.take_on_cleaned_up();
        let cleanup = self.cleanup_job(move |cleanup| {
            if let Some(callback) = on_cleaned_up {
                callback();
            }
            Box::new(move || {
                let _ = sender.send(cleanup);
            })
        });
        // If no thread can be started, either nothing has ever run, or an earlier thread is there.
        let started = self.pool.start_threads();
        self.pool.update(|engine, now| engine.enqueue_final(cleanup, now));
        if started.is_err() && self.pool.cell().is_empty() {
            return Stopped::Clean;
        }
        match result.recv_timeout(grace) {
            Ok(CleanupResult::Complete) => Stopped::Clean,
            Ok(CleanupResult::Deferred) | Err(_) => Stopped::Abandoned(self.abandon()),
        }
    }

    fn take_on_cleaned_up(&self) -> Option<OnCleanedUp> {
        self.on_cleaned_up.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Replies to the clients of the runs that are left; names everything that is left.
    fn abandon(&self) -> String {
        let now = Instant::now();
        let state = self.pool.locked();
        let live: Vec<_> = state.engine.live().collect();
        let lifecycle = state.lifecycle;
        drop(state);
        let mut left = Vec::new();
        for snapshot in &live {
            let reason = snapshot.reason.unwrap_or(CancelReason::Shutdown);
            self.pool.reply_cancelled(snapshot, reason);
            if let Some(started_at) = snapshot.started_at {
                let seconds = now.saturating_duration_since(started_at).as_secs_f64();
                left.push(format!("run {} (running for {seconds:.1} s)", snapshot.run.id()));
            }
        }
        if self.pool.cell().is_guarded() {
            left.push("the health check of the plugin, which holds its instance".to_owned());
        } else {
            left.extend(lifecycle.map(|change| format!("the {} of the plugin", change.name())));
        }
        left.join(", ")
    }
}
