//! Classes and instances as the worker uses them.

use std::fmt;
use std::mem;

use crate::context::RunContext;
use crate::context::context_object;
use crate::fault::Fault;
use crate::info::ClassInfo;
use crate::info::Reconfigured;
use crate::raw::ClassObject;
use crate::raw::InstanceObject;
use crate::raw::RSlice;
use crate::raw::RVec;

use std::sync::Arc;

/// An open class of plugins, from a library or from this program.
pub struct Class {
    object: ClassObject,
    info: ClassInfo,
}

/// A plugin made from a config; dropping it is its cleanup, and may take long.
pub struct Instance {
    object: InstanceObject,
}

/// JSON text that stays where the plugin wrote it.
pub struct Answer(RVec<u8>);

impl Class {
    /// Takes an object that was opened.
    ///
    /// # Errors
    /// Where the class describes itself in JSON that does not fit [`ClassInfo`].
    pub fn new(object: ClassObject) -> Result<Self, serde_json::Error> {
        let info = serde_json::from_slice(&object.describe())?;
        Ok(Self { object, info })
    }

    /// What the class says of itself.
    #[must_use]
    pub fn info(&self) -> &ClassInfo {
        &self.info
    }

    /// The config with its defaults filled in.
    ///
    /// # Errors
    /// Why the config cannot be read.
    pub fn complete_config(&self, config: &[u8]) -> Result<Answer, Fault> {
        answer(self.object.complete_config(config.into()).into_result())
    }

    /// What a form may offer for the config's fields, as [`ConfigOptions`](crate::ConfigOptions);
    /// `config` is the one in force, or empty.
    ///
    /// # Errors
    /// `NotSupported` where the class offers nothing; else why it failed.
    pub fn config_options<C: RunContext>(
        &self,
        config: &[u8],
        cx: Arc<C>,
    ) -> Result<Answer, Fault> {
        answer(self.object.config_options(config.into(), context_object(cx)).into_result())
    }

    /// Makes an instance.
    ///
    /// # Errors
    /// Why the plugin refuses the config.
    pub fn create<C: RunContext>(&self, config: &[u8], cx: Arc<C>) -> Result<Instance, Fault> {
        let made = self.object.create(config.into(), context_object(cx)).into_result();
        made.map(|object| Instance { object }).map_err(Fault::from)
    }

    /// Asks for something that this version of the interface has no method for.
    ///
    /// # Errors
    /// `NotSupported` where the class does not know the name; else why it failed.
    pub fn extension<C: RunContext>(
        &self,
        name: &str,
        json: &[u8],
        cx: Arc<C>,
    ) -> Result<Answer, Fault> {
        answer(self.object.extension(name.into(), json.into(), context_object(cx)).into_result())
    }
}

impl Instance {
    /// The config in force, defaults filled in.
    #[must_use]
    pub fn config(&self) -> Answer {
        Answer(self.object.config())
    }

    /// Executes a call, `{"args":[…],"kwargs":{…}}`, and answers with the result.
    ///
    /// # Errors
    /// Why it failed.
    pub fn execute<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<Answer, Fault> {
        answer(self.object.execute(call.into(), context_object(cx)).into_result())
    }

    /// Executes a call whose results are emitted one by one.
    ///
    /// # Errors
    /// Why it failed, before or after values were emitted.
    pub fn execute_stream<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<(), Fault> {
        let done = self.object.execute_stream(call.into(), context_object(cx)).into_result();
        done.map_err(Fault::from)
    }

    /// Fetches what later calls need, such as weights; may take long.
    ///
    /// # Errors
    /// `NotSupported` where the plugin has nothing to fetch; else why it failed.
    pub fn prefetch<C: RunContext>(&self, cx: Arc<C>) -> Result<(), Fault> {
        // What later versions say in request and answer is not asked for here.
        let answer = self.object.prefetch(RSlice::EMPTY, context_object(cx)).into_result();
        answer.map(unread).map_err(Fault::from)
    }

    /// Asks the plugin whether it can do its work.
    ///
    /// # Errors
    /// Why it cannot; `NotSupported` where it does not look.
    pub fn health<C: RunContext>(&self, cx: Arc<C>) -> Result<(), Fault> {
        let answer = self.object.health(context_object(cx)).into_result();
        answer.map(unread).map_err(Fault::from)
    }

    /// Offers the plugin another config.
    ///
    /// # Errors
    /// Why it refuses the config; the former one stays in force.
    pub fn reconfigure<C: RunContext>(
        &mut self,
        config: &[u8],
        cx: Arc<C>,
    ) -> Result<Reconfigured, Fault> {
        let taken = self.object.reconfigure(config.into(), context_object(cx)).into_result();
        let of = |taken| if taken { Reconfigured::InPlace } else { Reconfigured::BuildAnew };
        taken.map(of).map_err(Fault::from)
    }

    /// Asks for something that this version of the interface has no method for.
    ///
    /// # Errors
    /// `NotSupported` where the plugin does not know the name; else why it failed.
    pub fn extension<C: RunContext>(
        &self,
        name: &str,
        json: &[u8],
        cx: Arc<C>,
    ) -> Result<Answer, Fault> {
        answer(self.object.extension(name.into(), json.into(), context_object(cx)).into_result())
    }
}

/// Drops what a later version says; nothing needs no call into the library.
fn unread(answer: RVec<u8>) {
    if answer.capacity() == 0 {
        mem::forget(answer);
    }
}

fn answer(result: Result<RVec<u8>, crate::raw::RawFault>) -> Result<Answer, Fault> {
    result.map(Answer).map_err(Fault::from)
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Class").field("info", &self.info).finish_non_exhaustive()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answer").field(&String::from_utf8_lossy(self.as_ref())).finish()
    }
}
