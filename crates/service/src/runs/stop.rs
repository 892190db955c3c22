//! The end of the service: no new runs, those there are cancelled, the plugin cleaned up.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use crate::runs::Reason;
use crate::runs::Runs;

/// How a stop went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Every run came back, and the plugin is cleaned up.
    Clean,
    /// The grace was over before; the text names what did not come back.
    Abandoned(String),
}

impl Runs {
    /// From now on no run is admitted.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Drains, cancels what runs, and blocks until the plugin is cleaned up or `grace` is over.
    pub(crate) fn stop(&self, grace: Duration) -> Stopped {
        self.drain();
        self.cancel_all(Reason::Shutdown);
        let (done, is_done) = mpsc::channel();
        let slot = Arc::clone(&self.slot);
        self.lanes.submit_exclusive(Box::new(move || {
            slot.release();
            let _ = done.send(());
        }));
        match is_done.recv_timeout(grace) {
            Ok(()) => Stopped::Clean,
            Err(_) => Stopped::Abandoned(self.what_is_left()),
        }
    }

    fn what_is_left(&self) -> String {
        let runs: Vec<String> = self
            .registry
            .live()
            .iter()
            .filter_map(|run| {
                let seconds = run.running_for()?.as_secs_f64();
                Some(format!("run {} (running for {seconds:.1} s)", run.id()))
            })
            .collect();
        if runs.is_empty() { "the cleanup of the plugin".to_owned() } else { runs.join(", ") }
    }
}
