//! The end of the service: no new runs, those there are cancelled, the plugin cleaned up.

use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use crate::runs::Runs;
use crate::runs::cancel::Reason;
use crate::runs::slot::Released;

/// How a stop went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Every run came back, and the plugin is cleaned up.
    Clean,
    /// The grace was over before; the text names what did not come back.
    Abandoned(String),
}

impl Runs {
    /// From now on no run and no change is admitted; changes that wait are dropped.
    pub(crate) fn drain(&self) {
        drop(self.hub.happen(|engine, _| engine.drain()));
    }

    /// Drains, cancels what runs, and blocks until the plugin is cleaned up or `grace` is over.
    ///
    /// The clients of runs that have not come back then are told so.
    pub(crate) fn stop(&self, grace: Duration) -> Stopped {
        self.drain();
        self.stop_all(Reason::Shutdown);
        let (done, is_done) = mpsc::channel();
        let release = self.release(move |released| {
            let _ = done.send(released);
        });
        // Without a thread nothing has ever run, or the first that did is still there.
        let started = self.hub.start_threads();
        self.hub.happen(|engine, _| engine.enqueue_last(release));
        if started.is_err() && self.hub.slot.is_empty() {
            return Stopped::Clean;
        }
        match is_done.recv_timeout(grace) {
            Ok(Released::Whole) => Stopped::Clean,
            Ok(Released::LeftBehind) | Err(_) => Stopped::Abandoned(self.abandon()),
        }
    }

    /// Tells the clients of runs that do not come back; names what is left.
    fn abandon(&self) -> String {
        let now = Instant::now();
        let state = self.hub.locked();
        let views: Vec<_> = state.engine.live().collect();
        let changing = state.changing;
        drop(state);
        let mut left = Vec::new();
        for view in &views {
            self.hub.close_stopped(view, view.reason.unwrap_or(Reason::Shutdown));
            if let Some(started_at) = view.started_at {
                let seconds = now.saturating_duration_since(started_at).as_secs_f64();
                left.push(format!("run {} (running for {seconds:.1} s)", view.run.id()));
            }
        }
        if self.hub.slot.is_lent() {
            left.push("the plugin's own check (health), which holds its instance".to_owned());
        } else {
            left.extend(changing.map(|change| format!("the {} of the plugin", change.name())));
        }
        left.join(", ")
    }
}
