//! The instance of the plugin, the threads that run its code, and what is asked of it beside its runs.

pub(crate) mod cell;
pub(crate) mod plugin_thread;
mod probe;
pub(crate) mod probes;
mod replace;
