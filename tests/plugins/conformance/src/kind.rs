//! What the classes differ in.

use std::thread;
use std::time::Duration;

use universal_worker_plugin::Cancel;
use universal_worker_plugin::Context;
use universal_worker_plugin::PluginError;

/// What one class does otherwise than the others.
pub trait Kind: 'static {
    /// How many runs it takes at once.
    const CONCURRENCY: u32 = 1;
    /// Whether its runs obey a cancel.
    const CANCEL: Cancel = Cancel::Obeyed;

    /// How it is loaded.
    ///
    /// # Errors
    /// When it refuses to.
    fn load(_cx: &Context) -> Result<(), PluginError> {
        Ok(())
    }
}

/// Nothing special.
pub struct Plain;
/// Says that it cannot be cancelled.
pub struct NotCancellable;
/// Takes four runs at once.
pub struct Parallel;
/// Takes three seconds to load.
pub struct SlowToLoad;
/// Returns an error when it is loaded.
pub struct RefusesToLoad;
/// Panics when it is loaded.
pub struct PanicsOnLoad;

impl Kind for Plain {}

impl Kind for NotCancellable {
    const CANCEL: Cancel = Cancel::NotSupported;
}

impl Kind for Parallel {
    const CONCURRENCY: u32 = 4;
}

impl Kind for SlowToLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        thread::sleep(Duration::from_secs(3));
        Ok(())
    }
}

impl Kind for RefusesToLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        Err(PluginError::resource("no licence for this machine"))
    }
}

impl Kind for PanicsOnLoad {
    fn load(_cx: &Context) -> Result<(), PluginError> {
        panic!("panicked while loading")
    }
}
