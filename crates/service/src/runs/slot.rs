//! The one place where the plugin's instance lives, and the config in force.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use bytes::Bytes;
use universal_worker_abi::Class;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;
use universal_worker_abi::Instance;
use universal_worker_abi::Rebuild;
use universal_worker_abi::Reconfigured;

use crate::outside::outside_run;

#[derive(Debug)]
pub(crate) struct Slot {
    class: Class,
    /// Held while an instance is made, changed or dropped, which may take long: only lanes take it.
    change: Mutex<()>,
    /// Held for moments only, as is the config: control routes read it.
    standing: Mutex<Option<Arc<Instance>>>,
    /// A loan is given back.
    returned: Condvar,
    config: Mutex<Config>,
}

#[derive(Debug)]
struct Config {
    /// What `initialize` took last; none before the first.
    accepted: Option<Bytes>,
    /// The same with its defaults filled in.
    in_force: Bytes,
}

/// The instance, for one who asks it something beside its runs; as long as it is held, the instance
/// is neither changed nor dropped.
#[derive(Debug)]
pub(crate) struct Loan<'s> {
    slot: &'s Slot,
    instance: Option<Arc<Instance>>,
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
        Self {
            class,
            change: Mutex::default(),
            standing: Mutex::default(),
            returned: Condvar::new(),
            config: Mutex::new(Config { accepted: None, in_force }),
        }
    }

    pub(crate) fn class(&self) -> &Class {
        &self.class
    }

    /// The config in force, defaults filled in; before the first, what an empty one would be.
    pub(crate) fn config(&self) -> Bytes {
        self.locked_config().in_force.clone()
    }

    /// Puts another config in force: in the instance there is, or in one that takes its place.
    pub(crate) fn replace(&self, config: Bytes) -> Result<(), Fault> {
        let _change = self.change();
        if self.reconfigure(&config)? == Reconfigured::InPlace {
            return Ok(());
        }
        let made = match self.class.info().rebuild {
            Rebuild::Beside => self.build(config)?,
            Rebuild::DropFirst => {
                // Where none stands, none is made again: a cleanup stays in force.
                let stood = self.retire();
                match self.build(config) {
                    Ok(made) => made,
                    Err(fault) => {
                        if stood {
                            self.rebuild_former();
                        }
                        return Err(fault);
                    }
                }
            }
        };
        self.retire();
        *self.standing() = Some(made);
        Ok(())
    }

    /// The instance in force, built now where there is none.
    pub(crate) fn get(&self) -> Result<Arc<Instance>, NoInstance> {
        let _change = self.change();
        if let Some(instance) = &*self.standing() {
            return Ok(Arc::clone(instance));
        }
        let accepted = self.locked_config().accepted.clone();
        let made = match accepted {
            Some(config) => self.build(config).map_err(NoInstance::Refused)?,
            None => self.build(Bytes::from_static(b"{}")).map_err(NoInstance::NotInitialised)?,
        };
        *self.standing() = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The instance in force, where there is one and it is not being changed.
    pub(crate) fn lend(&self) -> Option<Loan<'_>> {
        let instance = self.standing().clone()?;
        Some(Loan { slot: self, instance: Some(instance) })
    }

    /// Drops the instance: the plugin's cleanup.
    pub(crate) fn release(&self) {
        let _change = self.change();
        self.retire();
    }

    /// Whether there is no instance; false while one is made or dropped.
    pub(crate) fn is_empty(&self) -> bool {
        self.change.try_lock().is_ok() && self.standing().is_none()
    }

    /// Offers the instance that stands another config.
    fn reconfigure(&self, config: &Bytes) -> Result<Reconfigured, Fault> {
        let Some(mut instance) = self.take() else { return Ok(Reconfigured::BuildAnew) };
        // Nobody else has it: no run is running, and all loans are given back.
        let Some(own) = Arc::get_mut(&mut instance) else { return Ok(Reconfigured::BuildAnew) };
        let taken = own.reconfigure(config, outside_run());
        match &taken {
            Ok(Reconfigured::InPlace) => self.accept(config.clone(), own),
            Err(fault) if fault.kind == FaultKind::Panicked => {
                // Whatever it has become, it is not what it was.
                drop(instance);
                self.rebuild_former();
                return taken;
            }
            _ => {}
        }
        *self.standing() = Some(instance);
        taken
    }

    fn build(&self, config: Bytes) -> Result<Arc<Instance>, Fault> {
        let made = self.class.create(&config, outside_run())?;
        self.accept(config, &made);
        Ok(Arc::new(made))
    }

    fn accept(&self, config: Bytes, instance: &Instance) {
        let in_force = Bytes::from_owner(instance.config());
        *self.locked_config() = Config { accepted: Some(config), in_force };
    }

    fn rebuild_former(&self) {
        let Some(former) = self.locked_config().accepted.clone() else { return };
        match self.build(former) {
            Ok(made) => *self.standing() = Some(made),
            Err(fault) => log::error!("the former config is refused now: {}", fault.message),
        }
    }

    /// Drops the instance that stands; tells whether there was one.
    fn retire(&self) -> bool {
        let standing = self.take();
        // Not under the lock: it may take long.
        standing.map(drop).is_some()
    }

    /// Takes the instance that stands, once all loans are given back.
    fn take(&self) -> Option<Arc<Instance>> {
        let mut standing = self.standing();
        let mut taken = standing.take()?;
        while Arc::get_mut(&mut taken).is_none() {
            standing = self.returned.wait(standing).unwrap_or_else(PoisonError::into_inner);
        }
        Some(taken)
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing(&self) -> MutexGuard<'_, Option<Arc<Instance>>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_config(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Loan<'_> {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        self.instance.as_ref().expect("it is given back when the loan is dropped")
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // Under the lock, so that who waits does not miss it; the slot has the instance as well.
        let _standing = self.slot.standing();
        self.instance = None;
        self.slot.returned.notify_all();
    }
}
