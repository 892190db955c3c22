//! Makes the objects of the interface from dynamic classes and instances.
//!
//! Nothing here is generic, so that it is compiled once and not for every plugin.

use universal_worker_abi::Fault;
use universal_worker_abi::Reconfigured;
use universal_worker_abi::raw::ClassObject;
use universal_worker_abi::raw::ContextObject;
use universal_worker_abi::raw::InstanceObject;
use universal_worker_abi::raw::RResult;
use universal_worker_abi::raw::RSlice;
use universal_worker_abi::raw::RStr;
use universal_worker_abi::raw::RVec;
use universal_worker_abi::raw::RawClass;
use universal_worker_abi::raw::RawClass_TO;
use universal_worker_abi::raw::RawFault;
use universal_worker_abi::raw::RawInstance;
use universal_worker_abi::raw::RawInstance_TO;
use universal_worker_abi::raw::TD_Opaque;

use crate::boundary::OnCleanupPanic;
use crate::boundary::PanicGuarded;
use crate::boundary::guarded;
use crate::boundary::guarded_raw;
use crate::boundary::run_guarded;
use crate::boundary::with_current;
use crate::dynamic::class::DynClass;
use crate::dynamic::instance::DynInstance;
use crate::encode::encode;

/// Loads a class and makes its object.
pub(crate) fn open(
    class: Box<dyn DynClass>,
    context: ContextObject,
    on_cleanup_panic: OnCleanupPanic,
) -> Result<ClassObject, Fault> {
    let class = PanicGuarded::new(class, on_cleanup_panic);
    guarded(|| {
        with_current(context, |cx| {
            class.load(cx)?;
            let info = encode(class.info())?;
            Ok(RawClass_TO::from_value(ClassShim { class, info, on_cleanup_panic }, TD_Opaque))
        })
    })
}

struct ClassShim {
    class: PanicGuarded<Box<dyn DynClass>>,
    info: Vec<u8>,
    on_cleanup_panic: OnCleanupPanic,
}

impl RawClass for ClassShim {
    fn describe(&self) -> RVec<u8> {
        self.info.clone().into()
    }

    fn complete_config(&self, config: RSlice<'_, u8>) -> RResult<RVec<u8>, RawFault> {
        guarded_raw(|| Ok(self.class.complete_config(config.as_slice())?.into()))
    }

    fn create(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<InstanceObject, RawFault> {
        run_guarded(context, |cx| {
            let instance = self.class.create(config.as_slice(), cx)?;
            let instance = PanicGuarded::new(instance, self.on_cleanup_panic);
            Ok(RawInstance_TO::from_value(InstanceShim { instance }, TD_Opaque))
        })
    }

    fn config_options(
        &self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| Ok(self.class.config_options(config.as_slice(), cx)?.into()))
    }

    fn extension(
        &self,
        name: RStr<'_>,
        json: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| {
            Ok(self.class.extension(name.as_str(), json.as_slice(), cx)?.into())
        })
    }
}

struct InstanceShim {
    instance: PanicGuarded<Box<dyn DynInstance>>,
}

impl RawInstance for InstanceShim {
    fn config(&self) -> RVec<u8> {
        // The interface has no error here.
        let config = guarded(|| Ok(self.instance.config()));
        config.unwrap_or_else(|_| b"{}".to_vec()).into()
    }

    fn execute(&self, call: RSlice<'_, u8>, context: ContextObject) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| Ok(self.instance.execute(call.as_slice(), cx)?.into()))
    }

    fn execute_stream(
        &self,
        call: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<(), RawFault> {
        run_guarded(context, |cx| self.instance.execute_stream(call.as_slice(), cx))
    }

    fn prefetch(
        &self,
        _request: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| self.instance.prefetch(cx).map(|()| RVec::new()))
    }

    fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| self.instance.health(cx).map(|()| RVec::new()))
    }

    fn reconfigure(
        &mut self,
        config: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<bool, RawFault> {
        run_guarded(context, |cx| {
            let outcome = self.instance.reconfigure(config.as_slice(), cx)?;
            Ok(outcome == Reconfigured::InPlace)
        })
    }

    fn extension(
        &self,
        name: RStr<'_>,
        json: RSlice<'_, u8>,
        context: ContextObject,
    ) -> RResult<RVec<u8>, RawFault> {
        run_guarded(context, |cx| {
            Ok(self.instance.extension(name.as_str(), json.as_slice(), cx)?.into())
        })
    }
}
