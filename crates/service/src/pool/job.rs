//! The jobs of the pool's threads.

use std::fmt;

use bytes::Bytes;

pub(crate) enum Job {
    /// Call the plugin with the body of a request.
    Call(Bytes),
    /// Change the instance of the plugin.
    Lifecycle(Lifecycle, LifecycleChange),
}

/// Changes the instance.
pub(crate) type LifecycleChange = Box<dyn FnOnce() -> LifecycleReply + Send>;

/// Reports the end of a change to its requester, who may then find all lanes free.
pub(crate) type LifecycleReply = Box<dyn FnOnce() + Send>;

/// A change of the plugin's instance, which excludes all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    Initialize,
    Cleanup,
}

impl Lifecycle {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Cleanup => "cleanup",
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(body) => f.debug_tuple("Call").field(&body.len()).finish(),
            Self::Lifecycle(lifecycle, _) => lifecycle.fmt(f),
        }
    }
}
