//! Whether the worker can take a run, for load balancers, and whether a restart would help, for
//! supervisors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::inspect::Readiness;
use crate::instance::probes::HealthStatus;
use crate::run::Run;
use crate::runs::Runs;

#[derive(Debug)]
pub(crate) struct ReadyReport {
    pub(crate) readiness: Readiness,
    /// How long the plugin has been initialising, if that is what runs wait for.
    pub(crate) initialising_for: Option<Duration>,
    /// The ids of the runs that prevent others, and for how long they have.
    pub(crate) blocking: Blocking,
    /// Why the plugin is unhealthy, or how much memory is held.
    pub(crate) detail: Option<String>,
}

/// Ids of runs, and for how long they have prevented others.
pub(crate) type Blocking = Vec<(String, Duration)>;

impl Runs {
    /// Whether a run would be admitted now, and start when its turn comes; the health check of the
    /// plugin may take as long as `limit`.
    pub(crate) async fn ready(&self, limit: Duration) -> ReadyReport {
        let mut report = self.engine_report();
        if matches!(report.readiness, Readiness::Draining | Readiness::Wedged)
            || report.initialising_for.is_some()
        {
            return report;
        }
        let (readiness, why) = if let Some(pressure) = self.pressure() {
            (Readiness::Pressure, pressure.to_string())
        } else if let Some(why) = self.canary_failure() {
            (Readiness::Unhealthy, format!("canary: {why}"))
        } else if let HealthStatus::Unhealthy(why) = self.probes.health(limit).await {
            (Readiness::Unhealthy, why)
        } else {
            return report;
        };
        report.readiness = readiness;
        report.blocking = Vec::new();
        report.detail = Some(why);
        report
    }

    /// The readiness without what the plugin and the system say.
    fn engine_report(&self) -> ReadyReport {
        let now = Instant::now();
        let construction = self.pool.cell().construction_started_at();
        let (readiness, blocking, since) = self.pool.read(|engine| {
            let (readiness, blocking) = engine.readiness(now);
            match (readiness, construction) {
                (Readiness::Initialising, _) => (readiness, blocking, engine.lifecycle_since()),
                // By a run, for which the others wait.
                (Readiness::Ready | Readiness::Busy, Some(since)) => {
                    let readiness = Readiness::Initialising;
                    (readiness, engine.holders(readiness, now), Some(since))
                }
                _ => (readiness, blocking, None),
            }
        });
        ReadyReport {
            readiness,
            initialising_for: since.map(|since| now.saturating_duration_since(since)),
            blocking: with_ids(blocking),
            detail: None,
        }
    }

    /// The runs that hold the lanes, if every lane has been held by a wedged run for `limit`.
    pub(crate) fn stuck(&self, limit: Duration) -> Option<Blocking> {
        self.pool.read(|engine| engine.stuck(limit, Instant::now())).map(with_ids)
    }

    /// Why the last canary failed; `None` without an instance that it could have called.
    fn canary_failure(&self) -> Option<String> {
        self.canary.as_ref().filter(|_| self.pool.cell().has_instance())?.failure()
    }
}

fn with_ids(runs: Vec<(Arc<Run>, Duration)>) -> Blocking {
    runs.into_iter().map(|(run, since)| (run.id().to_owned(), since)).collect()
}
