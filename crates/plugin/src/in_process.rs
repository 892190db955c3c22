//! Opens typed plugins of the current program.

use std::sync::Arc;

use universal_worker_abi::{Class, Fault, RunContext};

use crate::boundary::guarded;
use crate::dynamic;
use crate::plugin::Plugin;
use crate::typed::TypedClass;

/// Opens a plugin of the current program as a class, without a library: for embedders and tests.
///
/// The class is named after its type unless the plugin sets a [`NAME`](Plugin::NAME), and has the
/// version 0.0.0 unless it sets a [`VERSION`](Plugin::VERSION).
/// Its calls have threads of their own unless the plugin sets [`LANES`](Plugin::LANES), or the service
/// is built with other ones.
/// The program's logger and panic hook are left as they are.
///
/// # Errors
/// The error of [`load`](Plugin::load), or a description of why the class cannot be used.
pub fn in_process<P: Plugin>(context: Arc<impl RunContext>) -> Result<Class, Fault> {
    let class = guarded(TypedClass::<P>::from_type)?;
    dynamic::in_process(Box::new(class), context)
}
