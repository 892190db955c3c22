//! The one place where the plugin's instance lives, and the config in force.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use universal_worker_abi::Category;
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
    /// Loans there are, of this instance and of former ones.
    lent: AtomicUsize,
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
/// is neither changed nor dropped, and after [`PATIENCE`] left to it.
#[derive(Debug)]
pub(crate) struct Loan<'s> {
    slot: &'s Slot,
    instance: Option<Arc<Instance>>,
}

/// An instance that stood.
enum Taken {
    /// Nobody else has it.
    Whole(Arc<Instance>),
    /// Somebody asks it something, and does not come back.
    Lent(Arc<Instance>),
}

/// What a cleanup left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Released {
    /// Nothing.
    Whole,
    /// An instance that somebody still asks something.
    LeftBehind,
}

/// How long an instance is waited for that somebody asks something.
const PATIENCE: Duration = Duration::from_secs(1);

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
            lent: AtomicUsize::new(0),
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
        let drops_first = self.class.info().rebuild == Rebuild::DropFirst;
        let stood = match self.take() {
            None => None,
            Some(Taken::Whole(instance)) => match self.reconfigure(instance, &config)? {
                None => return Ok(()),
                stood => stood,
            },
            Some(Taken::Lent(instance)) if drops_first => {
                *self.standing() = Some(instance);
                return Err(still_asked());
            }
            Some(Taken::Lent(instance)) => Some(instance),
        };
        let made = if drops_first {
            // Where none stands, none is made again: a cleanup stays in force.
            let stood = stood.map(drop).is_some();
            self.build(config).inspect_err(|_| {
                if stood {
                    self.rebuild_former();
                }
            })?
        } else {
            match self.build(config) {
                Ok(made) => {
                    drop(stood);
                    made
                }
                Err(fault) => {
                    *self.standing() = stood;
                    return Err(fault);
                }
            }
        };
        *self.standing() = Some(made);
        Ok(())
    }

    /// The instance in force, built now where there is none.
    pub(crate) fn get(&self) -> Result<Arc<Instance>, NoInstance> {
        // No run is running while it is changed.
        if let Some(instance) = &*self.standing() {
            return Ok(Arc::clone(instance));
        }
        let _change = self.change();
        // Another run has built it meanwhile.
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
        let standing = self.standing();
        let instance = Arc::clone(standing.as_ref()?);
        self.lent.fetch_add(1, Ordering::Acquire);
        Some(Loan { slot: self, instance: Some(instance) })
    }

    /// Drops the instance: the plugin's cleanup.
    pub(crate) fn release(&self) -> Released {
        let _change = self.change();
        drop(self.take());
        if self.is_lent() { Released::LeftBehind } else { Released::Whole }
    }

    /// Whether there is no instance; false while one is made or dropped.
    pub(crate) fn is_empty(&self) -> bool {
        self.change.try_lock().is_ok() && self.standing().is_none()
    }

    /// Whether somebody still asks an instance something.
    pub(crate) fn is_lent(&self) -> bool {
        self.lent.load(Ordering::Acquire) > 0
    }

    /// Offers an instance that nobody else has another config; hands it back where a new one is to be
    /// made.
    fn reconfigure(
        &self,
        mut instance: Arc<Instance>,
        config: &Bytes,
    ) -> Result<Option<Arc<Instance>>, Fault> {
        let Some(own) = Arc::get_mut(&mut instance) else { return Ok(Some(instance)) };
        match own.reconfigure(config, outside_run()) {
            Ok(Reconfigured::BuildAnew) => Ok(Some(instance)),
            Ok(Reconfigured::InPlace) => {
                self.accept(config.clone(), own);
                *self.standing() = Some(instance);
                Ok(None)
            }
            Err(fault) if fault.kind == FaultKind::Panicked => {
                // Whatever it has become, it is not what it was.
                drop(instance);
                self.rebuild_former();
                Err(fault)
            }
            Err(fault) => {
                *self.standing() = Some(instance);
                Err(fault)
            }
        }
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

    /// Takes the instance that stands, and waits a while until all loans are given back.
    fn take(&self) -> Option<Taken> {
        let mut standing = self.standing();
        let mut taken = standing.take()?;
        let begun = Instant::now();
        loop {
            if Arc::get_mut(&mut taken).is_some() {
                return Some(Taken::Whole(taken));
            }
            let Some(left) = PATIENCE.checked_sub(begun.elapsed()) else { break };
            let waited = self.returned.wait_timeout(standing, left);
            standing = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        log::error!(
            "the plugin's own check (health) does not come back: its instance is left to it, and is \
             cleaned up when it does"
        );
        Some(Taken::Lent(taken))
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
        // Not under the lock: it is the plugin's cleanup where nobody has waited so long.
        self.instance = None;
        self.slot.lent.fetch_sub(1, Ordering::Release);
        // Who looks and then waits does both under the lock.
        drop(self.slot.standing());
        self.slot.returned.notify_all();
    }
}

fn still_asked() -> Fault {
    let mut fault = Fault::new(
        FaultKind::Failed,
        "the plugin's own check (health) does not come back, and there can be no second instance \
         beside the one that it holds",
    );
    fault.detail.category = Some(Category::Transient);
    fault
}
