//! The instance of the plugin, the threads that run its code, and the probes of the instance.

pub(crate) mod cell;
pub(crate) mod plugin_thread;
mod probe;
pub(crate) mod probes;
mod replace;
