//! Makes the objects of the interface from dynamic classes and instances.
//!
//! Nothing here is generic, so that it is compiled once and not for every plugin.

use universal_worker_abi::raw::{
    ClassObject, ContextObject, InstanceObject, RResult, RSlice, RStr, RVec, RawClass, RawClass_TO,
    RawFault, RawInstance, RawInstance_TO, TD_Opaque,
};
use universal_worker_abi::{Fault, Reconfigured};

use crate::boundary::{
    OnCleanupPanic, PanicGuarded, guarded, guarded_raw, run_guarded, with_current,
};
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
