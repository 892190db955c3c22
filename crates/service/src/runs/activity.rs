//! When runs last got anywhere, for supervisors that compare it with the time.

use std::time::Instant;

use crate::run::snapshot::Snapshot;
use crate::run::timestamp::Timestamp;
use crate::runs::Runs;

/// Times of the last signs of life, as text; `None` if there was none yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LastActivity {
    /// A run started, reported another progress, emitted a line, or returned.
    pub(crate) progress_at: Option<String>,
    /// A run ended.
    pub(crate) finished_at: Option<String>,
}

impl Runs {
    /// The last signs of life of all runs, canaries apart.
    pub(crate) fn last_activity(&self) -> LastActivity {
        let (live, returned_at, ended_at) = self.pool.read(|engine| {
            let live: Vec<Snapshot> = engine.live().collect();
            (live, engine.last_returned_at(), engine.last_ended_at())
        });
        // The return of a run is later than its other signs. Runs have locks of their own.
        let runs = live.iter().filter(|snapshot| !snapshot.run.is_canary());
        let signs = runs.map(|snapshot| snapshot.started_at.max(snapshot.run.last_sign()));
        let now = Timestamp::now();
        let text_of = |at: Instant| now.text_of(at);
        LastActivity {
            progress_at: signs.max().flatten().max(returned_at).map(text_of),
            finished_at: ended_at.map(text_of),
        }
    }
}
