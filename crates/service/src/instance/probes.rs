//! The probes of a plugin: its health, its config, and the options of its config.
//!
//! Neither waits for a run nor takes a lane: each has a thread of its own, and the caller limits how
//! long to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use universal_worker_abi::{Fault, FaultKind};

use crate::background::context_within;
use crate::instance::cell::InstanceCell;
use crate::instance::plugin_thread::{PluginThreadEvent, ThreadListener};
use crate::instance::probe::Probe;
use crate::run::error::SpawnError;

#[derive(Debug)]
pub(crate) struct Probes {
    cell: Arc<InstanceCell>,
    listener: ThreadListener,
    health: Probe<HealthStatus>,
    options: Probe<ConfigOptionsReply>,
    config: Probe<Bytes>,
    /// The class has no health check.
    health_unsupported: Arc<AtomicBool>,
}

/// The result of the plugin's health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HealthStatus {
    /// The plugin can do its work, or has no health check.
    Healthy,
    /// Why it cannot.
    Unhealthy(String),
}

/// The values that a form may offer for the config.
#[derive(Debug, Clone)]
pub(crate) enum ConfigOptionsReply {
    /// JSON text.
    Options(Bytes),
    /// The class has no options beyond its schema.
    NotSupported,
    Failed(Fault),
}

impl Probes {
    pub(crate) fn new(cell: Arc<InstanceCell>, listener: ThreadListener) -> Self {
        Self {
            health: Probe::new("health", listener.clone()),
            options: Probe::new("config-options", listener.clone()),
            config: Probe::new("config", listener.clone()),
            health_unsupported: Arc::default(),
            cell,
            listener,
        }
    }

    /// The health of the plugin; unhealthy if its check takes longer than `limit`, and healthy if there
    /// is no instance to check.
    pub(crate) async fn health(&self, limit: Duration) -> HealthStatus {
        if self.health_unsupported.load(Ordering::Relaxed) {
            return HealthStatus::Healthy;
        }
        let (cell, listener) = (Arc::clone(&self.cell), self.listener.clone());
        let unsupported = Arc::clone(&self.health_unsupported);
        let reply = self.health.ask(move || {
            observed(&listener, "health", || check_health(&cell, &unsupported, limit))
        });
        match reply {
            Ok(reply) => reply.within(limit).await.unwrap_or_else(|| {
                let limit = limit.as_secs_f64();
                HealthStatus::Unhealthy(format!(
                    "the health check of the plugin has not returned within {limit} s"
                ))
            }),
            Err(error) => HealthStatus::Unhealthy(SpawnError::from(error).to_string()),
        }
    }

    /// The config of an instance that changes it by itself; the last known one if the plugin takes
    /// longer than `limit`, or the system refuses a thread.
    pub(crate) async fn config(&self, limit: Duration) -> Bytes {
        let (cell, listener) = (Arc::clone(&self.cell), self.listener.clone());
        let ask = move || observed(&listener, "config", || cell.ask_for_config());
        let reply = match self.config.ask(ask) {
            Ok(reply) => reply.within(limit).await,
            Err(_) => None,
        };
        reply.unwrap_or_else(|| self.cell.config())
    }

    /// The options of the config; `None` if the plugin takes longer than `limit`.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) async fn config_options(
        &self,
        limit: Duration,
    ) -> Result<Option<ConfigOptionsReply>, SpawnError> {
        let (cell, listener) = (Arc::clone(&self.cell), self.listener.clone());
        let ask = move || observed(&listener, "config_options", || ask_for_options(&cell, limit));
        Ok(self.options.ask(ask)?.within(limit).await)
    }
}

fn check_health(cell: &InstanceCell, unsupported: &AtomicBool, limit: Duration) -> HealthStatus {
    let Some(instance) = cell.guard() else { return HealthStatus::Healthy };
    match instance.health(context_within(limit)) {
        Ok(()) => HealthStatus::Healthy,
        Err(fault) if fault.kind == FaultKind::NotSupported => {
            unsupported.store(true, Ordering::Relaxed);
            HealthStatus::Healthy
        }
        Err(fault) => HealthStatus::Unhealthy(fault.message),
    }
}

fn ask_for_options(cell: &InstanceCell, limit: Duration) -> ConfigOptionsReply {
    match cell.class().config_options(&cell.config(), context_within(limit)) {
        Ok(options) => ConfigOptionsReply::Options(Bytes::from_owner(options)),
        Err(fault) if fault.kind == FaultKind::NotSupported => ConfigOptionsReply::NotSupported,
        Err(fault) => ConfigOptionsReply::Failed(fault),
    }
}

/// Runs plugin code on this thread, and reports it to the listener.
fn observed<T>(listener: &ThreadListener, name: &str, code: impl FnOnce() -> T) -> T {
    listener.notify(PluginThreadEvent::ProbeStarted(name));
    let result = code();
    listener.notify(PluginThreadEvent::Idle);
    result
}
