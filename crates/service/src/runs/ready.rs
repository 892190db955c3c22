//! Whether the worker can take a run, for load balancers and supervisors.

use std::time::{Duration, Instant};

use crate::engine::inspect::Readiness;
use crate::instance::probes::HealthStatus;
use crate::runs::Runs;

#[derive(Debug)]
pub(crate) struct ReadyReport {
    pub(crate) readiness: Readiness,
    /// The ids of the runs that prevent others, and for how long they have.
    pub(crate) blocking: Vec<(String, Duration)>,
    /// Why the health check of the plugin failed, or how much memory is held.
    pub(crate) detail: Option<String>,
}

impl Runs {
    /// Whether a run would be admitted now; the health check of the plugin may take as long as `limit`.
    pub(crate) async fn ready(&self, limit: Duration) -> ReadyReport {
        let (readiness, blocking) = self.pool.read(|engine| engine.readiness(Instant::now()));
        let is_usable = !matches!(readiness, Readiness::Draining | Readiness::Wedged);
        if is_usable && let Some(pressure) = self.pressure() {
            let (readiness, detail) = (Readiness::Pressure, Some(pressure.to_string()));
            return ReadyReport { readiness, blocking: Vec::new(), detail };
        }
        let checks_health = matches!(readiness, Readiness::Ready | Readiness::Busy);
        if checks_health && let HealthStatus::Unhealthy(why) = self.probes.health(limit).await {
            let readiness = Readiness::Unhealthy;
            return ReadyReport { readiness, blocking: Vec::new(), detail: Some(why) };
        }
        let blocking = blocking.into_iter().map(|(run, since)| (run.id().to_owned(), since));
        ReadyReport { readiness, blocking: blocking.collect(), detail: None }
    }
}
