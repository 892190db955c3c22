//! The one place where the plugin's instance lives, and the config in force.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use bytes::Bytes;
use universal_worker_abi::Class;
use universal_worker_abi::Fault;
use universal_worker_abi::Instance;
use universal_worker_abi::Rebuild;

use crate::outside::outside_run;

#[derive(Debug)]
pub(crate) struct Slot {
    class: Class,
    /// Held while an instance is built or dropped, which may take long: only lanes take it.
    instance: Mutex<Option<Arc<Instance>>>,
    /// Held for moments only: control routes read it.
    config: Mutex<Config>,
}

#[derive(Debug)]
struct Config {
    /// What `initialize` took last; none before the first.
    accepted: Option<Bytes>,
    /// The same with its defaults filled in.
    in_force: Bytes,
}

/// Why there is no instance to run.
#[derive(Debug)]
pub(crate) enum NoInstance {
    /// Nothing was initialised, and the plugin refuses an empty config.
    NotInitialised(Fault),
    /// The config that was accepted before is refused now.
    Refused(Fault),
}

impl Slot {
    pub(crate) fn new(class: Class) -> Self {
        let empty = class.complete_config(b"{}");
        let in_force = empty.map_or(Bytes::from_static(b"{}"), Bytes::from_owner);
        let config = Config { accepted: None, in_force };
        Self { class, instance: Mutex::default(), config: Mutex::new(config) }
    }

    pub(crate) fn class(&self) -> &Class {
        &self.class
    }

    /// The config in force, defaults filled in; before the first, what an empty one would be.
    pub(crate) fn config(&self) -> Bytes {
        self.locked_config().in_force.clone()
    }

    /// Puts an instance made from `config` in the place of the one there is.
    pub(crate) fn replace(&self, config: Bytes) -> Result<(), Fault> {
        let mut slot = self.locked_instance();
        let made = match self.class.info().rebuild {
            Rebuild::Beside => self.build(config)?,
            Rebuild::DropFirst => {
                // Where none stands, none is made again: a cleanup stays in force.
                let stood = slot.take().is_some();
                match self.build(config) {
                    Ok(made) => made,
                    Err(fault) => {
                        if stood {
                            *slot = self.build_former();
                        }
                        return Err(fault);
                    }
                }
            }
        };
        drop(slot.replace(made));
        Ok(())
    }

    /// The instance in force, built now where there is none.
    pub(crate) fn get(&self) -> Result<Arc<Instance>, NoInstance> {
        let mut slot = self.locked_instance();
        if let Some(instance) = &*slot {
            return Ok(Arc::clone(instance));
        }
        let accepted = self.locked_config().accepted.clone();
        let made = match accepted {
            Some(config) => self.build(config).map_err(NoInstance::Refused)?,
            None => self.build(Bytes::from_static(b"{}")).map_err(NoInstance::NotInitialised)?,
        };
        *slot = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Drops the instance: the plugin's cleanup.
    pub(crate) fn release(&self) {
        drop(self.locked_instance().take());
    }

    /// Whether there is no instance; false while one is built or dropped.
    pub(crate) fn is_empty(&self) -> bool {
        self.instance.try_lock().is_ok_and(|slot| slot.is_none())
    }

    fn build(&self, config: Bytes) -> Result<Arc<Instance>, Fault> {
        let made = self.class.create(&config, outside_run())?;
        let in_force = Bytes::from_owner(made.config());
        *self.locked_config() = Config { accepted: Some(config), in_force };
        Ok(Arc::new(made))
    }

    fn build_former(&self) -> Option<Arc<Instance>> {
        let former = self.locked_config().accepted.clone()?;
        self.build(former)
            .inspect_err(|fault| log::error!("the former config is refused now: {}", fault.message))
            .ok()
    }

    fn locked_instance(&self) -> MutexGuard<'_, Option<Arc<Instance>>> {
        self.instance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_config(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
