//! The end of the service: no new runs, those there are cancelled, the plugin cleaned up.

use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use crate::runs::Runs;
use crate::runs::cancel::Reason;
use crate::runs::hub::Job;

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
        self.hub.happen(|engine, _| engine.drain());
    }

    /// Drains, cancels what runs, and blocks until the plugin is cleaned up or `grace` is over.
    pub(crate) fn stop(&self, grace: Duration) -> Stopped {
        self.drain();
        self.stop_all(Reason::Shutdown);
        let (done, is_done) = mpsc::channel();
        let hub = std::sync::Arc::clone(&self.hub);
        let job = Job::Change(Box::new(move || {
            hub.slot.release();
            let _ = done.send(());
        }));
        self.hub.happen(|engine, _| engine.enqueue_change(job));
        match is_done.recv_timeout(grace) {
            Ok(()) => Stopped::Clean,
            Err(_) => Stopped::Abandoned(self.what_is_left()),
        }
    }

    fn what_is_left(&self) -> String {
        let now = Instant::now();
        let views: Vec<_> = self.hub.look(|engine| engine.live().collect());
        let runs = views.iter().filter_map(|view| {
            let seconds = now.saturating_duration_since(view.started_at?).as_secs_f64();
            Some(format!("run {} (running for {seconds:.1} s)", view.run.id()))
        });
        let runs: Vec<String> = runs.collect();
        if runs.is_empty() { "the cleanup of the plugin".to_owned() } else { runs.join(", ") }
    }
}
