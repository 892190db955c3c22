//! Puts another config in force.

use std::sync::Arc;

use bytes::Bytes;
use universal_worker_abi::{Category, Fault, FaultKind, Instance, Reconfigured, Reload};

use crate::instance::cell::{InstanceCell, TakenInstance};

impl InstanceCell {
    /// Puts another config in force, in the current instance or in a new one.
    ///
    /// If the plugin rejects the config, the former one stays in force.
    pub(crate) fn replace_config(&self, config: Bytes) -> Result<(), Fault> {
        let _lifecycle = self.lifecycle();
        let drops_first = self.class.info().reload == Reload::DropFirst;
        let former = match self.take() {
            None => None,
            Some(TakenInstance::Exclusive(instance)) => {
                match self.reconfigure(instance, &config)? {
                    None => return Ok(()),
                    former => former,
                }
            }
            Some(TakenInstance::Guarded(instance)) if drops_first => {
                *self.current() = Some(instance);
                return Err(health_check_pending());
            }
            Some(TakenInstance::Guarded(instance)) => Some(instance),
        };
        let created = if drops_first {
            self.drop_then_create(former, config)
        } else {
            self.create_then_drop(former, config)
        };
        *self.current() = Some(created?);
        Ok(())
    }

    fn drop_then_create(
        &self,
        former: Option<Arc<Instance>>,
        config: Bytes,
    ) -> Result<Arc<Instance>, Fault> {
        // Without a former instance, none is restored: a cleanup stays in force.
        let had_instance = former.map(drop).is_some();
        self.create(config).inspect_err(|_| {
            if had_instance {
                self.restore();
            }
        })
    }

    fn create_then_drop(
        &self,
        former: Option<Arc<Instance>>,
        config: Bytes,
    ) -> Result<Arc<Instance>, Fault> {
        match self.create(config) {
            Ok(created) => {
                drop(former);
                Ok(created)
            }
            Err(fault) => {
                *self.current() = former;
                Err(fault)
            }
        }
    }

    /// Offers the config to an instance that nothing else holds; returns the instance if the plugin
    /// wants a new one.
    fn reconfigure(
        &self,
        mut instance: Arc<Instance>,
        config: &Bytes,
    ) -> Result<Option<Arc<Instance>>, Fault> {
        let Some(exclusive) = Arc::get_mut(&mut instance) else { return Ok(Some(instance)) };
        let construction = self.construct();
        let reconfigured = exclusive.reconfigure(config, construction.context());
        drop(construction);
        match reconfigured {
            Ok(Reconfigured::Rebuild) => Ok(Some(instance)),
            Ok(Reconfigured::InPlace) => {
                self.accept(config.clone(), exclusive);
                *self.current() = Some(instance);
                Ok(None)
            }
            Err(fault) if fault.kind == FaultKind::Panicked => {
                // The panic may have left it in any state.
                drop(instance);
                self.restore();
                Err(fault)
            }
            Err(fault) => {
                *self.current() = Some(instance);
                Err(fault)
            }
        }
    }

    /// Creates an instance from the config in force.
    fn restore(&self) {
        let Some(former) = self.accepted_config() else { return };
        match self.create(former) {
            Ok(created) => *self.current() = Some(created),
            Err(fault) => {
                log::error!("the plugin now rejects the former config: {}", fault.message);
            }
        }
    }
}

fn health_check_pending() -> Fault {
    let mut fault = Fault::new(
        FaultKind::Failed,
        "the health check of the plugin does not return, and the plugin allows no second instance \
         beside the one that the check holds",
    );
    fault.detail.category = Some(Category::Transient);
    fault
}
