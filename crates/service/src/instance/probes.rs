//! What the plugin says beside its runs: how it is, and what its config may be.
//!
//! Neither waits for a run, nor takes a lane: each has a thread of its own, and whoever asks says how
//! long to wait.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;

use crate::outside::within;
use crate::runs::Runs;
use crate::runs::engine::Readiness;
use crate::runs::hub::Hub;
use crate::runs::hub::LaneEvent;
use crate::runs::inquiry::Inquiry;
use crate::runs::no_thread::NoThread;

#[derive(Debug)]
pub(super) struct Opinion {
    health: Inquiry<OwnCheck>,
    options: Inquiry<Options>,
    /// The class has said that it does not look.
    never_looks: AtomicBool,
}

/// Whether a run would be taken now, for who balances or restarts.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) readiness: Readiness,
    /// What stands in the way, and for how long.
    pub(crate) runs: Vec<(String, Duration)>,
    /// What the plugin's own check says.
    pub(crate) detail: Option<String>,
}

/// What the plugin's own check says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnCheck {
    /// It can do its work, or does not look.
    Passed,
    /// Why it cannot.
    Failed(String),
}

/// What a form may offer.
#[derive(Debug, Clone)]
pub(crate) enum Options {
    /// JSON text.
    Told(Bytes),
    /// The schema says it all.
    NotSupported,
    Failed(Fault),
}

impl Opinion {
    pub(super) fn of(hub: &Arc<Hub>) -> Self {
        let begin = || {
            let hub = Arc::clone(hub);
            move || hub.on_lane(LaneEvent::ThreadBegins)
        };
        Self {
            health: Inquiry::new("health", begin()),
            options: Inquiry::new("config-options", begin()),
            never_looks: AtomicBool::new(false),
        }
    }
}

impl Runs {
    /// Whether a run would be taken now; the plugin's own check may take as long as `limit`.
    pub(crate) async fn ready(self: &Arc<Self>, limit: Duration) -> Ready {
        let (readiness, runs) = self.hub.look(|engine| engine.readiness(Instant::now()));
        let is_asked = matches!(readiness, Readiness::Ready | Readiness::Busy);
        if is_asked && let OwnCheck::Failed(why) = self.health(limit).await {
            return Ready { readiness: Readiness::Unhealthy, runs: Vec::new(), detail: Some(why) };
        }
        let runs = runs.into_iter().map(|(run, since)| (run.id().to_owned(), since));
        Ready { readiness, runs: runs.collect(), detail: None }
    }

    /// What the plugin says of itself; one that takes longer than `limit` is not well.
    ///
    /// Where there is no instance there is nothing to ask.
    async fn health(self: &Arc<Self>, limit: Duration) -> OwnCheck {
        if self.opinion.never_looks.load(Ordering::Relaxed) {
            return OwnCheck::Passed;
        }
        let runs = Arc::clone(self);
        let asked =
            self.opinion.health.ask(move || beside_runs(&runs.hub, "health", || runs.look(limit)));
        match asked {
            Ok(asked) => asked.within(limit).await.unwrap_or_else(|| {
                let limit = limit.as_secs_f64();
                OwnCheck::Failed(format!(
                    "the plugin's own check has not come back within {limit} s"
                ))
            }),
            Err(error) => OwnCheck::Failed(NoThread::from(error).to_string()),
        }
    }

    fn look(&self, limit: Duration) -> OwnCheck {
        let Some(instance) = self.hub.slot.lend() else { return OwnCheck::Passed };
        match instance.health(within(limit)) {
            Ok(()) => OwnCheck::Passed,
            Err(fault) if fault.kind == FaultKind::NotSupported => {
                self.opinion.never_looks.store(true, Ordering::Relaxed);
                OwnCheck::Passed
            }
            Err(fault) => OwnCheck::Failed(fault.message),
        }
    }

    /// What a form may offer for the config; none when the plugin takes longer than `limit`.
    pub(crate) async fn config_options(
        &self,
        limit: Duration,
    ) -> Result<Option<Options>, NoThread> {
        let hub = Arc::clone(&self.hub);
        let told = move || beside_runs(&hub, "config_options", || options(&hub, limit));
        Ok(self.opinion.options.ask(told)?.within(limit).await)
    }
}

fn options(hub: &Hub, limit: Duration) -> Options {
    match hub.slot.class().config_options(&hub.slot.config(), within(limit)) {
        Ok(options) => Options::Told(Bytes::from_owner(options)),
        Err(fault) if fault.kind == FaultKind::NotSupported => Options::NotSupported,
        Err(fault) => Options::Failed(fault),
    }
}

/// Runs plugin code on this thread, which is no lane.
fn beside_runs<T>(hub: &Hub, name: &str, code: impl FnOnce() -> T) -> T {
    hub.on_lane(LaneEvent::InquiryBegins(name));
    let told = code();
    hub.on_lane(LaneEvent::Idle);
    told
}
