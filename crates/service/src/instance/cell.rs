//! The one place that holds the plugin's instance and the config in force.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use universal_worker_abi::{Class, Fault, Instance};

use crate::background::Background;
use crate::run::error::RunError;
use crate::run::progress::Progress;

#[derive(Debug)]
pub(crate) struct InstanceCell {
    pub(super) class: Class,
    /// Held while an instance is created, changed or dropped, which may take long.
    lifecycle: Mutex<()>,
    /// Held for moments only, like the config: control routes read it.
    current: Mutex<Option<Arc<Instance>>>,
    guard_dropped: Condvar,
    /// Guards of this instance and of former ones.
    guards: AtomicUsize,
    config: Mutex<Config>,
    /// The context of the plugin's code that creates or changes the instance, as long as that runs.
    construction: Mutex<Option<Arc<Background>>>,
}

#[derive(Debug)]
struct Config {
    /// The config that `initialize` accepted last; `None` before the first.
    accepted: Option<Bytes>,
    /// The config in force, including defaults.
    in_force: Bytes,
}

/// The instance, held for a probe.
///
/// While it is held, the instance is neither changed nor dropped; after [`GUARD_WAIT`], the cell
/// abandons the instance to it.
#[derive(Debug)]
pub(crate) struct InstanceGuard<'c> {
    cell: &'c InstanceCell,
    instance: Option<Arc<Instance>>,
}

/// The time in which the plugin creates or changes an instance; one at a time.
pub(super) struct Construction<'c> {
    cell: &'c InstanceCell,
    context: Arc<Background>,
}

/// An instance that was taken out of the cell.
pub(super) enum TakenInstance {
    /// Nothing else holds it.
    Exclusive(Arc<Instance>),
    /// A guard still holds it, after [`GUARD_WAIT`].
    Guarded(Arc<Instance>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CleanupResult {
    /// No instance is left.
    Complete,
    /// An instance is left to a guard, which drops it.
    Deferred,
}

/// Why there is no instance to run.
#[derive(Debug)]
pub(crate) enum InstanceError {
    /// There was no initialize, and the plugin rejects an empty config.
    NotInitialized(Fault),
    /// The plugin now rejects the config that it accepted before.
    Rejected(Fault),
}

/// How long a lifecycle change waits for a guard.
const GUARD_WAIT: Duration = Duration::from_secs(1);

impl InstanceCell {
    pub(crate) fn new(class: Class) -> Self {
        let empty = class.complete_config(b"{}");
        let in_force = empty.map_or(Bytes::from_static(b"{}"), Bytes::from_owner);
        Self {
            class,
            lifecycle: Mutex::default(),
            current: Mutex::default(),
            guard_dropped: Condvar::new(),
            guards: AtomicUsize::new(0),
            config: Mutex::new(Config { accepted: None, in_force }),
            construction: Mutex::default(),
        }
    }

    pub(crate) fn class(&self) -> &Class {
        &self.class
    }

    /// The config in force, including defaults; before the first, that of an empty config.
    pub(crate) fn config(&self) -> Bytes {
        self.locked_config().in_force.clone()
    }

    /// Asks the instance for its config, which becomes the one in force; the last one if there is no
    /// instance.
    pub(crate) fn ask_for_config(&self) -> Bytes {
        let Some(guard) = self.guard() else { return self.config() };
        let config = Bytes::from_owner(guard.config());
        // A lifecycle change waits for the guard, but not forever.
        let is_current = self.current().as_ref().is_some_and(|current| guard.holds(current));
        if is_current {
            self.locked_config().in_force = config;
        }
        self.config()
    }

    /// The current instance, created now if there is none.
    pub(crate) fn get_or_create(&self) -> Result<Arc<Instance>, InstanceError> {
        // No run is running while a lifecycle change replaces it.
        if let Some(instance) = &*self.current() {
            return Ok(Arc::clone(instance));
        }
        let _lifecycle = self.lifecycle();
        // Another run may have created it meanwhile.
        if let Some(instance) = &*self.current() {
            return Ok(Arc::clone(instance));
        }
        let created = match self.accepted_config() {
            Some(config) => self.create(config).map_err(InstanceError::Rejected)?,
            None => {
                let empty = Bytes::from_static(b"{}");
                self.create(empty).map_err(InstanceError::NotInitialized)?
            }
        };
        *self.current() = Some(Arc::clone(&created));
        Ok(created)
    }

    /// The current instance, for a run; `None` if there is none.
    pub(crate) fn instance(&self) -> Option<Arc<Instance>> {
        self.current().clone()
    }

    /// Whether a run needs not create an instance.
    pub(crate) fn has_instance(&self) -> bool {
        self.current().is_some()
    }

    /// The current instance; `None` if there is none, or while a lifecycle change replaces it.
    pub(crate) fn guard(&self) -> Option<InstanceGuard<'_>> {
        let current = self.current();
        let instance = Arc::clone(current.as_ref()?);
        self.guards.fetch_add(1, Ordering::Acquire);
        Some(InstanceGuard { cell: self, instance: Some(instance) })
    }

    /// Drops the instance, which is the cleanup of the plugin.
    pub(crate) fn clean_up(&self) -> CleanupResult {
        let _lifecycle = self.lifecycle();
        drop(self.take());
        if self.is_guarded() { CleanupResult::Deferred } else { CleanupResult::Complete }
    }

    /// Whether there is no instance; false while one is created or dropped.
    pub(crate) fn is_empty(&self) -> bool {
        self.lifecycle.try_lock().is_ok() && self.current().is_none()
    }

    /// Whether a guard holds this instance or a former one.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guards.load(Ordering::Acquire) > 0
    }

    /// Takes the current instance, and waits up to [`GUARD_WAIT`] for its guards.
    pub(super) fn take(&self) -> Option<TakenInstance> {
        let mut current = self.current();
        let mut taken = current.take()?;
        let started_at = Instant::now();
        loop {
            if Arc::get_mut(&mut taken).is_some() {
                return Some(TakenInstance::Exclusive(taken));
            }
            let Some(left) = GUARD_WAIT.checked_sub(started_at.elapsed()) else { break };
            let waited = self.guard_dropped.wait_timeout(current, left);
            current = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        log::error!(
            "a probe of the plugin (its health or its config) does not return: its instance is \
             cleaned up when it does"
        );
        Some(TakenInstance::Guarded(taken))
    }

    /// Creates an instance, and puts its config in force.
    pub(super) fn create(&self, config: Bytes) -> Result<Arc<Instance>, Fault> {
        let construction = self.construct();
        let created = self.class.create(&config, construction.context())?;
        self.accept(config, &created);
        Ok(Arc::new(created))
    }

    /// Marks the time in which the plugin creates or changes an instance, until it is dropped.
    pub(super) fn construct(&self) -> Construction<'_> {
        let context = Background::new(None);
        *self.locked_construction() = Some(Arc::clone(&context));
        Construction { cell: self, context }
    }

    /// Since when the plugin has been creating or changing an instance; `None` if it is not.
    pub(crate) fn construction_started_at(&self) -> Option<Instant> {
        Some(self.locked_construction().as_ref()?.started_at())
    }

    /// The start and the progress of the instance that the plugin creates or changes, if it reports
    /// any.
    pub(crate) fn construction_progress(&self) -> Option<(Instant, Progress)> {
        let construction = self.locked_construction().clone()?;
        Some((construction.started_at(), construction.reported_progress()?))
    }

    pub(super) fn accept(&self, config: Bytes, instance: &Instance) {
        let in_force = Bytes::from_owner(instance.config());
        *self.locked_config() = Config { accepted: Some(owned(config)), in_force };
    }

    pub(super) fn accepted_config(&self) -> Option<Bytes> {
        self.locked_config().accepted.clone()
    }

    pub(super) fn lifecycle(&self) -> MutexGuard<'_, ()> {
        self.lifecycle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn current(&self) -> MutexGuard<'_, Option<Arc<Instance>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_construction(&self) -> MutexGuard<'_, Option<Arc<Background>>> {
        self.construction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_config(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Construction<'_> {
    pub(super) fn context(&self) -> Arc<Background> {
        Arc::clone(&self.context)
    }
}

impl Drop for Construction<'_> {
    fn drop(&mut self) {
        *self.cell.locked_construction() = None;
    }
}

impl InstanceGuard<'_> {
    fn holds(&self, other: &Arc<Instance>) -> bool {
        self.instance.as_ref().is_some_and(|instance| Arc::ptr_eq(instance, other))
    }
}

impl Deref for InstanceGuard<'_> {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        self.instance.as_ref().expect("the guard gives it up when it is dropped")
    }
}

impl Drop for InstanceGuard<'_> {
    fn drop(&mut self) {
        // Not under the lock: if the cell abandoned the instance, this is the cleanup of the plugin.
        self.instance = None;
        self.cell.guards.fetch_sub(1, Ordering::Release);
        // A waiter checks and waits under the lock.
        drop(self.cell.current());
        self.cell.guard_dropped.notify_all();
    }
}

impl From<InstanceError> for RunError {
    fn from(error: InstanceError) -> Self {
        match error {
            InstanceError::NotInitialized(fault) => Self::NotInitialized(fault),
            InstanceError::Rejected(fault) => Self::Fault(fault),
        }
    }
}

/// A copy, because the body of a request holds a place among all bodies, or a whole buffer of its
/// connection; the same if there is no memory for a copy.
fn owned(config: Bytes) -> Bytes {
    let mut copy = Vec::new();
    match copy.try_reserve_exact(config.len()) {
        Ok(()) => {
            copy.extend_from_slice(&config);
            copy.into()
        }
        Err(_) => config,
    }
}
